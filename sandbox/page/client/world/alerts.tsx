import { useState } from 'preact/hooks';
import { setAlert } from '../actions.ts';
import { Icon } from '../parts/icon.tsx';
import { recall, remember } from '../memory.ts';
import type { WorldAlert, WorldSystem } from '../wire.ts';

export function Alerts({ systems }: { systems: readonly WorldSystem[] }) {
  const [chosenId, setChosenId] = useState(() => recall('system', ''));
  const chosen = systems.find((system) => system.id === chosenId) ?? systems.find((system) => system.alerts.some((alert) => alert.firing)) ?? systems[0];
  const elsewhere = systems.filter((system) => system !== chosen && system.alerts.some((alert) => alert.firing));
  if (chosen === undefined) return <p class="quiet">No system has alerts.</p>;

  function choose(id: string): void {
    remember('system', id);
    setChosenId(id);
  }

  return (
    <>
      <span class="select select-wide">
        <select aria-label="System" value={chosen.id} onChange={(event) => choose(event.currentTarget.value)}>
          {systems.map((system) => {
            const firing = system.alerts.filter((alert) => alert.firing).length;
            return <option key={system.id} value={system.id}>{system.name}{firing > 0 ? ` (${firing} firing)` : ''}</option>;
          })}
        </select>
        <Icon name="down" size={16} />
      </span>
      <ul class="alerts">
        {chosen.alerts.map((alert) => <AlertRow key={alert.name} system={chosen.id} alert={alert} />)}
      </ul>
      {elsewhere.length > 0 && (
        <p class="quiet">
          Also firing: {elsewhere.map((system) => <button key={system.id} type="button" class="link-button" onClick={() => choose(system.id)}>{system.name}</button>)}
        </p>
      )}
    </>
  );
}

function AlertRow({ system, alert }: { system: string; alert: WorldAlert }) {
  const isOn = alert.firing || alert.flapping;
  const act = (to: 'fire' | 'resolve' | 'flap') => () => void setAlert(to, system, alert.name);
  return (
    <li class={isOn ? 'alert is-firing' : 'alert'} title={alert.summary}>
      <div class="alert-text">
        <p class="alert-name">{alert.name}</p>
        <p class="alert-meta">
          <span>{alert.severity}</span>
          {alert.flapping ? <strong> · flapping</strong> : alert.firing ? <strong> · firing</strong> : null}
        </p>
      </div>
      <div class="alert-actions">
        {isOn ? (
          <button type="button" class="chip" aria-label={`Resolve ${alert.name}`} onClick={act('resolve')}>Resolve</button>
        ) : (
          <>
            <button type="button" class="chip chip-quiet" aria-label={`Let ${alert.name} flap`} onClick={act('flap')}>Flap</button>
            <button type="button" class="chip" aria-label={`Fire ${alert.name}`} onClick={act('fire')}>Fire</button>
          </>
        )}
      </div>
    </li>
  );
}
