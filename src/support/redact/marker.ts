/** What stands where a secret was. One form, so that nobody takes it for the value, and so that hiding twice is hiding once. */
export type SecretKind = string;

export const hidden = (kind: SecretKind): string => `[hidden: ${kind}]`;

const onlyMarker = /^\[hidden: [A-Za-z ]{1,30}\]$/;

/** Whether the text is a marker and nothing else. */
export const isHidden = (text: string): boolean => onlyMarker.test(text);
