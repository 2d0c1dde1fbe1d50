import { recall, remember } from './memory.ts';

export type Theme = 'auto' | 'light' | 'dark';

/** Follows the system until someone says otherwise. */
export function startTheme(): void {
  showTheme(recall<Theme>('theme', 'auto'));
}

export function currentTheme(): Theme {
  return recall<Theme>('theme', 'auto');
}

export function chooseTheme(theme: Theme): void {
  remember('theme', theme);
  showTheme(theme);
}

function showTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}
