import { render } from 'preact';
import { App } from './app.js';
import { startLive } from './state/live.js';
import './styles/base.css';
import './styles/shell.css';
import './styles/flow.css';
import './styles/controls.css';
import './styles/tables.css';
import './styles/sheet.css';
import './styles/calendar.css';

const root = document.querySelector('#panel');
if (root !== null) render(<App />, root);
startLive();
