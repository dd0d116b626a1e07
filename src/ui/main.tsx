/** Entry point of the page. */
import { openClient } from '../page/index.ts';
import { openApp } from './open-app.tsx';

openApp(openClient);
