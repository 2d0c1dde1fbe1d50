import { useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { Menu } from '../parts/menu.tsx';
import { state } from '../state.ts';
import { useSurface, type PressPayload } from './context.ts';
import type { Confirm, Element, Option } from './block.ts';
import { initialState, type ElementState } from './element-state.ts';
import { isWebUrl, PlainText, Text } from './text.tsx';

export interface ElementProps {
  readonly element: Element;
  readonly blockId: string;
  /** In an input block a change is kept for the submission; elsewhere it is told to the bot at once. */
  readonly asInput?: boolean;
  readonly dispatches?: boolean;
  readonly describedBy?: string;
  readonly labelId?: string;
  readonly invalid?: boolean;
}

export function BlockElement(props: ElementProps) {
  const { element } = props;
  switch (element.type) {
    case 'button':
      return <Button {...props} />;
    case 'overflow':
      return <Overflow {...props} />;
    case 'image':
      return <Picture url={element.image_url} alt={element.alt_text ?? ''} small />;
    case 'static_select':
    case 'external_select':
    case 'users_select':
    case 'channels_select':
    case 'conversations_select':
      return <Select {...props} />;
    case 'multi_static_select':
    case 'multi_users_select':
    case 'checkboxes':
    case 'radio_buttons':
      return <Choices {...props} />;
    case 'plain_text_input':
    case 'number_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'datepicker':
    case 'timepicker':
    case 'datetimepicker':
      return <Field {...props} />;
    default:
      return <span class="unknown-block">This page does not draw “{element.type}”.</span>;
  }
}

/** Reads and writes one element's state, and tells the bot where the element is one that speaks at once. */
function useElement({ element, blockId, asInput = false, dispatches = false }: ElementProps) {
  const surface = useSurface();
  const actionId = element.action_id ?? '';
  const current = surface.values[blockId]?.[actionId] ?? initialState(element) ?? { type: element.type };
  const [question, setQuestion] = useState<{ confirm: Confirm; next: ElementState } | undefined>();

  function settle(next: ElementState): void {
    surface.setValue(blockId, actionId, next);
    if (!asInput || dispatches) void surface.press(element, blockId, payloadOf(next));
  }
  function change(next: ElementState): void {
    if (element.confirm !== undefined && !asInput) setQuestion({ confirm: element.confirm, next });
    else settle(next);
  }
  const dialog = question && (
    <ConfirmDialog
      confirm={question.confirm}
      onAnswer={(yes) => {
        setQuestion(undefined);
        if (yes) settle(question.next);
      }}
    />
  );
  return { surface, current, change, keep: (next: ElementState) => surface.setValue(blockId, actionId, next), dialog };
}

function payloadOf(next: ElementState): PressPayload {
  return {
    ...(next.value === undefined ? {} : { value: next.value }),
    ...(next.selected_option === undefined ? {} : { selectedOption: next.selected_option }),
    ...(next.selected_options === undefined ? {} : { selectedOptions: next.selected_options }),
    ...(next.selected_user === undefined ? {} : { selectedUser: next.selected_user }),
    ...(next.selected_users === undefined ? {} : { selectedUsers: next.selected_users }),
    ...(next.selected_channel === undefined ? {} : { selectedChannel: next.selected_channel }),
    ...(next.selected_conversation === undefined ? {} : { selectedConversation: next.selected_conversation }),
    ...(next.selected_date === undefined ? {} : { selectedDate: next.selected_date }),
    ...(next.selected_time === undefined ? {} : { selectedTime: next.selected_time }),
    ...(next.selected_date_time === undefined ? {} : { selectedDateTime: next.selected_date_time }),
  };
}

function accessibleName({ labelId, describedBy, invalid }: ElementProps) {
  return {
    ...(labelId === undefined ? {} : { 'aria-labelledby': labelId }),
    ...(describedBy === undefined ? {} : { 'aria-describedby': describedBy }),
    ...(invalid ? { 'aria-invalid': true } : {}),
  };
}

function textOf(text: Element['text']): string {
  return typeof text === 'string' ? text : (text?.text ?? '');
}

function Button({ element, blockId }: ElementProps) {
  const surface = useSurface();
  const [isBusy, setBusy] = useState(false);
  const [isAsking, setAsking] = useState(false);

  async function press(): Promise<void> {
    setBusy(true);
    try {
      await surface.press(element, blockId, { value: element.value ?? null });
    } finally {
      setBusy(false);
    }
  }

  const look = `button${element.style ? ` button-${element.style}` : ''}${isBusy ? ' is-busy' : ''}`;
  const label = element.accessibility_label === undefined ? {} : { 'aria-label': element.accessibility_label };
  // Slack opens the link and tells the bot as well.
  if (element.url !== undefined && isWebUrl(element.url)) {
    return (
      <a class={look} href={element.url} target="_blank" rel="noopener noreferrer nofollow" {...label} onClick={() => void press()}>
        <PlainText source={textOf(element.text)} />
      </a>
    );
  }
  return (
    <>
      <button type="button" class={look} {...label} aria-busy={isBusy} onClick={() => !isBusy && (element.confirm ? setAsking(true) : void press())}>
        <PlainText source={textOf(element.text)} />
      </button>
      {isAsking && element.confirm && (
        <ConfirmDialog
          confirm={element.confirm}
          onAnswer={(yes) => {
            setAsking(false);
            if (yes) void press();
          }}
        />
      )}
    </>
  );
}

function ConfirmDialog({ confirm, onAnswer }: { confirm: Confirm; onAnswer(yes: boolean): void }) {
  return (
    <Dialog kind="small" title={confirm.title.text} onClose={() => onAnswer(false)}>
      <div class="dialog-body">
        <Text text={confirm.text} />
      </div>
      <div class="dialog-foot">
        <button type="button" class="button" onClick={() => onAnswer(false)}>{confirm.deny.text}</button>
        <button type="button" class={`button button-${confirm.style ?? 'primary'}`} onClick={() => onAnswer(true)}>{confirm.confirm.text}</button>
      </div>
    </Dialog>
  );
}

function Overflow(props: ElementProps) {
  const { surface, element, blockId } = { ...props, surface: useSurface() };
  const [asked, setAsked] = useState<Option | undefined>();
  const options = element.options ?? [];
  const press = (option: Option): void => {
    if (option.url !== undefined && isWebUrl(option.url)) window.open(option.url, '_blank', 'noopener,noreferrer');
    void surface.press(element, blockId, { selectedOption: option });
  };
  return (
    <>
      <Menu
        label="More choices"
        buttonClass="button button-icon"
        items={options.map((option, index) => ({
          id: String(index),
          label: <PlainText source={option.text.text} />,
          ...(option.description === undefined ? {} : { hint: option.description.text }),
        }))}
        onPick={(id) => {
          const option = options[Number(id)]!;
          if (element.confirm) setAsked(option);
          else press(option);
        }}
      >
        <Icon name="more" />
      </Menu>
      {asked && element.confirm && (
        <ConfirmDialog
          confirm={element.confirm}
          onAnswer={(yes) => {
            setAsked(undefined);
            if (yes) press(asked);
          }}
        />
      )}
    </>
  );
}

/** One of many, on the browser's own select: quick on a phone, known to every screen reader. */
function Select(props: ElementProps) {
  const { element } = props;
  const { current, change, dialog } = useElement(props);
  const groups = useOptionGroups(element);
  const selected = current.selected_option?.value ?? current.selected_user ?? current.selected_channel ?? current.selected_conversation ?? '';

  function pick(value: string): void {
    const { type } = element;
    if (type === 'users_select') change({ type, selected_user: value });
    else if (type === 'channels_select') change({ type, selected_channel: value });
    else if (type === 'conversations_select') change({ type, selected_conversation: value });
    else change({ type, selected_option: groups.flatMap((group) => group.options).find((option) => option.value === value) ?? null });
  }

  return (
    <span class="select">
      <select {...accessibleName(props)} {...(props.labelId ? {} : { 'aria-label': element.placeholder?.text ?? 'Choose' })} value={selected} onChange={(event) => pick(event.currentTarget.value)}>
        <option value="" disabled hidden={selected !== ''}>{element.placeholder?.text ?? 'Choose…'}</option>
        {groups.map((group, index) => {
          const options = group.options.map((option) => <option key={option.value} value={option.value}>{plain(option)}</option>);
          return group.label === undefined ? options : <optgroup key={index} label={group.label}>{options}</optgroup>;
        })}
      </select>
      <Icon name="down" size={16} />
      {dialog}
    </span>
  );
}

function plain(option: Option): string {
  return option.description === undefined ? option.text.text : `${option.text.text} · ${option.description.text}`;
}

/** The choices of an element: its own, or the workspace's people or channels. */
function useOptionGroups(element: Element): readonly { readonly label?: string; readonly options: readonly Option[] }[] {
  const workspace = state.use((current) => current.workspace);
  const asOption = (value: string, text: string): Option => ({ value, text: { type: 'plain_text', text } });
  if (element.type.includes('users_select')) {
    const people = (workspace?.users ?? []).filter((user) => user.kind !== 'bot' && user.kind !== 'deactivated');
    return [{ options: people.map((user) => asOption(user.id, user.realName || user.name)) }];
  }
  if (element.type === 'channels_select' || element.type === 'conversations_select') {
    return [{ options: (workspace?.channels ?? []).filter((channel) => !channel.isDirect).map((channel) => asOption(channel.id, `#${channel.name}`)) }];
  }
  if (element.option_groups !== undefined) return element.option_groups.map((group) => ({ label: group.label.text, options: group.options }));
  return [{ options: element.options ?? [] }];
}

/** Checkboxes, radio buttons, and every select that takes more than one. */
function Choices(props: ElementProps) {
  const { element, blockId } = props;
  const { current, change, dialog } = useElement(props);
  const groups = useOptionGroups(element);
  const isSingle = element.type === 'radio_buttons';
  const isUsers = element.type === 'multi_users_select';
  const chosen = isSingle ? [current.selected_option?.value ?? ''] : isUsers ? (current.selected_users ?? []) : (current.selected_options ?? []).map((option) => option.value);

  function toggle(option: Option): void {
    if (isSingle) return change({ type: element.type, selected_option: option });
    const without = chosen.filter((value) => value !== option.value);
    const next = without.length === chosen.length ? [...chosen, option.value] : without;
    if (isUsers) return change({ type: element.type, selected_users: next });
    change({ type: element.type, selected_options: groups.flatMap((group) => group.options).filter((each) => next.includes(each.value)) });
  }

  return (
    <div class={element.type.startsWith('multi_') ? 'choices choices-boxed' : 'choices'} role={isSingle ? 'radiogroup' : 'group'} {...accessibleName(props)}>
      {groups.flatMap((group) => group.options).map((option) => (
        <label key={option.value} class="choice">
          <input type={isSingle ? 'radio' : 'checkbox'} name={`${blockId}-${element.action_id ?? ''}`} checked={chosen.includes(option.value)} onChange={() => toggle(option)} />
          <span>
            <Text text={option.text} />
            {option.description !== undefined && <span class="choice-hint"><Text text={option.description} /></span>}
          </span>
        </label>
      ))}
      {dialog}
    </div>
  );
}

const inputTypes: Readonly<Record<string, string>> = {
  number_input: 'text',
  email_text_input: 'email',
  url_text_input: 'url',
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'datetime-local',
};

/** Everything that is typed, dates and times among it. */
function Field(props: ElementProps) {
  const { element, dispatches = false } = props;
  const { surface, current, change, keep, dialog } = useElement(props);
  const { type } = element;
  const isPicker = type === 'datepicker' || type === 'timepicker' || type === 'datetimepicker';
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed'];

  const shown =
    type === 'datepicker' ? (current.selected_date ?? '') : type === 'timepicker' ? (current.selected_time ?? '') : type === 'datetimepicker' ? localOf(current.selected_date_time ?? null) : (current.value ?? '');

  function enter(text: string): void {
    if (type === 'datepicker') return change({ type, selected_date: text || null });
    if (type === 'timepicker') return change({ type, selected_time: text || null });
    if (type === 'datetimepicker') return change({ type, selected_date_time: text === '' ? null : Math.floor(new Date(text).getTime() / 1000) });
    const next = { type, value: text === '' ? null : text };
    if (dispatches && triggers.includes('on_character_entered')) change(next);
    else keep(next);
  }

  function pressEnter(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.isComposing || !dispatches || isPicker || element.multiline || !triggers.includes('on_enter_pressed')) return;
    event.preventDefault();
    void surface.press(element, props.blockId, { value: current.value ?? null });
  }

  const common = {
    ...accessibleName(props),
    class: 'field',
    value: shown,
    placeholder: element.placeholder?.text ?? '',
    ...(props.labelId ? {} : { 'aria-label': element.placeholder?.text ?? type.replaceAll('_', ' ') }),
    ...(element.max_length === undefined ? {} : { maxLength: element.max_length }),
    onKeyDown: pressEnter,
  };
  return (
    <>
      {element.multiline ? (
        <textarea {...common} rows={4} onInput={(event) => enter(event.currentTarget.value)} />
      ) : (
        // The attribute types want one type that is known beforehand; this one depends on the element.
        <input {...common} type={(inputTypes[type] ?? 'text') as 'text'} inputMode={type === 'number_input' ? 'decimal' : 'text'} autocomplete="off" onInput={(event) => enter(event.currentTarget.value)} />
      )}
      {dialog}
    </>
  );
}

function localOf(seconds: number | null): string {
  if (seconds === null) return '';
  const date = new Date(seconds * 1000);
  const zoned = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return zoned.toISOString().slice(0, 16);
}

/** Only pictures that the sandbox itself keeps are shown; another address is a link, so that reading a message calls nobody. */
export function Picture({ url, alt, small = false }: { url: string | undefined; alt: string; small?: boolean }) {
  if (url === undefined) return null;
  const target = URL.canParse(url, location.href) ? new URL(url, location.href) : undefined;
  if (target?.origin === location.origin) return <img class={small ? 'picture picture-small' : 'picture'} src={target.href} alt={alt} loading="lazy" />;
  if (target === undefined || !isWebUrl(url)) return <span class="picture-link">{alt}</span>;
  return (
    <a class="picture-link" href={url} target="_blank" rel="noopener noreferrer nofollow">
      <Icon name="file" size={14} /> {alt || 'Picture'}
    </a>
  );
}
