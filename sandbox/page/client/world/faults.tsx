import { useId } from 'preact/hooks';
import { setFault } from '../actions.ts';
import type { World } from '../wire.ts';

export function Faults({ faults }: { faults: World['faults'] }) {
  if (faults.length === 0) return <p class="quiet">Nothing can be broken.</p>;
  return (
    <ul class="faults">
      {faults.map((fault) => <Fault key={fault.id} fault={fault} />)}
    </ul>
  );
}

function Fault({ fault }: { fault: World['faults'][number] }) {
  const id = useId();
  return (
    <li>
      <button type="button" class="fault" role="switch" aria-checked={fault.active} aria-describedby={id} onClick={() => void setFault(fault.id, !fault.active)}>
        <span class="fault-title">{fault.title}</span>
        <span class="switch" aria-hidden="true" />
      </button>
      <p class="fault-description" id={id}>{fault.description}</p>
    </li>
  );
}
