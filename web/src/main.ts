/** Where the pages begin. */

import { mount } from 'svelte';
import App from './App.svelte';
// oxlint-disable-next-line no-unassigned-import -- the bundler takes it out
import './style/base.css';

mount(App, { target: document.body });
