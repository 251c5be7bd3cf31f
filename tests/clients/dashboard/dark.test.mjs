import { looks } from './looks.mjs';

looks('dark', 2560);
