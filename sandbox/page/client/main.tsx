import { render } from 'preact';
import { tell } from './notices.ts';
import { start } from './session.ts';
import { App } from './app.tsx';
import { startTheme } from './theme.ts';

startTheme();
const page = document.querySelector('#page')!;
page.replaceChildren();
render(<App />, page);
void start().catch(tell);
