import type { KeyName } from './keys/split-keys.ts';

/** Where a key can mean something: which part of the screen has the keyboard. */
export type Context = 'session' | 'list' | 'menu' | 'text' | 'confirm' | 'search' | 'home' | 'history';

export const actions = [
  'run',
  'skip',
  'answer',
  'check_again',
  'note',
  'drift',
  'event',
  'undo_path',
  'override',
  'hold',
  'escalate',
  'copy_command',
  'copy_output',
  'pager',
  'follow',
  'wrap',
  'times',
  'search',
  'next_match',
  'previous_match',
  'export',
  'zoom',
  'panel_1',
  'panel_2',
  'panel_3',
  'panel_4',
  'next',
  'previous',
  'next_step',
  'previous_step',
  'debts',
  'scope',
  'data',
  'drive',
  'command',
  'down',
  'up',
  'top',
  'bottom',
  'half_down',
  'half_up',
  'open',
  'confirm',
  'back',
  'edit',
  'drill',
  'history',
  'compare',
  'next_decision',
  'previous_decision',
  'help',
  'palette',
  'redraw',
  'suspend',
  'interrupt',
  'leave',
] as const;
export type Action = (typeof actions)[number];

export const groups = ['this step', 'session', 'output', 'screen', 'motion', 'cards', 'leaving'] as const;
export type Group = (typeof groups)[number];

export interface KeyBinding {
  readonly keys: readonly [KeyName, ...KeyName[]];
  readonly action: Action;
  /** What it does, as the footer, the help, the palette and the docs say it. */
  readonly label: string;
  readonly contexts: readonly [Context, ...Context[]];
  readonly group: Group;
  /** Shown in the footer, the smaller the earlier; absent: only in the help and the palette. */
  readonly footer?: number;
}

const lists = ['session', 'list', 'menu', 'home', 'history'] as const;

/** Every key of the program. The footer, the help, the palette, the dispatch, the docs and the tests read this table. */
export const keymap: readonly KeyBinding[] = [
  {
    keys: ['r'],
    action: 'run',
    label: 'run',
    contexts: ['session', 'list', 'home'],
    group: 'this step',
    footer: 1,
  },
  { keys: ['a'], action: 'answer', label: 'answer', contexts: ['session'], group: 'this step', footer: 0 },
  { keys: ['s'], action: 'skip', label: 'skip', contexts: ['session'], group: 'this step', footer: 2 },
  {
    keys: ['o'],
    action: 'override',
    label: 'override',
    contexts: ['session'],
    group: 'this step',
    footer: 4,
  },
  {
    keys: ['v'],
    action: 'check_again',
    label: 'check again',
    contexts: ['session'],
    group: 'this step',
    footer: 3,
  },
  {
    keys: ['u'],
    action: 'undo_path',
    label: 'undo path',
    contexts: ['session'],
    group: 'this step',
    footer: 7,
  },
  {
    keys: [']'],
    action: 'next_step',
    label: 'next open step',
    contexts: ['session'],
    group: 'this step',
    footer: 8,
  },
  {
    keys: ['['],
    action: 'previous_step',
    label: 'previous open step',
    contexts: ['session'],
    group: 'this step',
  },
  { keys: ['n'], action: 'note', label: 'note', contexts: ['session'], group: 'session', footer: 5 },
  { keys: ['d'], action: 'drift', label: 'drift', contexts: ['session'], group: 'session', footer: 6 },
  {
    keys: ['i'],
    action: 'event',
    label: 'tell what opens or closes the window',
    contexts: ['session'],
    group: 'session',
  },
  { keys: ['p'], action: 'hold', label: 'pause', contexts: ['session'], group: 'session', footer: 10 },
  { keys: ['e'], action: 'escalate', label: 'escalate', contexts: ['session'], group: 'session', footer: 11 },
  {
    keys: ['S'],
    action: 'scope',
    label: 'scope: in or out',
    contexts: ['session'],
    group: 'session',
    footer: 15,
  },
  { keys: ['b'], action: 'debts', label: 'debts', contexts: ['session'], group: 'session', footer: 9 },
  { keys: ['I'], action: 'data', label: 'data', contexts: ['session'], group: 'session', footer: 9 },
  {
    keys: ['m'],
    action: 'drive',
    label: 'drive from here',
    contexts: ['session'],
    group: 'session',
    footer: 0,
  },
  {
    keys: ['H'],
    action: 'command',
    label: 'hand over command',
    contexts: ['session'],
    group: 'session',
    footer: 15,
  },
  {
    keys: ['x'],
    action: 'export',
    label: 'export',
    contexts: ['session', 'history'],
    group: 'session',
    footer: 12,
  },
  { keys: ['f'], action: 'follow', label: 'follow', contexts: ['session'], group: 'output', footer: 13 },
  {
    keys: ['/'],
    action: 'search',
    label: 'search',
    contexts: ['session', 'history'],
    group: 'output',
    footer: 14,
  },
  { keys: ['>'], action: 'next_match', label: 'next match', contexts: ['session'], group: 'output' },
  { keys: ['<'], action: 'previous_match', label: 'previous match', contexts: ['session'], group: 'output' },
  { keys: ['w'], action: 'wrap', label: 'wrap long lines', contexts: ['session'], group: 'output' },
  { keys: ['t'], action: 'times', label: 'times of lines', contexts: ['session'], group: 'output' },
  { keys: ['l'], action: 'pager', label: 'full log in the pager', contexts: ['session'], group: 'output' },
  { keys: ['c'], action: 'copy_command', label: 'copy the command', contexts: ['session'], group: 'output' },
  { keys: ['C'], action: 'copy_output', label: 'copy the output', contexts: ['session'], group: 'output' },
  { keys: ['1'], action: 'panel_1', label: 'plan; row 1', contexts: ['session', 'menu'], group: 'screen' },
  { keys: ['2'], action: 'panel_2', label: 'step; row 2', contexts: ['session', 'menu'], group: 'screen' },
  { keys: ['3'], action: 'panel_3', label: 'output; row 3', contexts: ['session', 'menu'], group: 'screen' },
  {
    keys: ['4'],
    action: 'panel_4',
    label: 'figures and debts; row 4',
    contexts: ['session', 'menu'],
    group: 'screen',
  },
  {
    keys: ['tab'],
    action: 'next',
    label: 'next panel or field',
    contexts: ['session', 'text', 'confirm', 'history'],
    group: 'screen',
  },
  {
    keys: ['shift+tab'],
    action: 'previous',
    label: 'previous panel or field',
    contexts: ['session', 'text', 'confirm', 'history'],
    group: 'screen',
  },
  { keys: ['z'], action: 'zoom', label: 'zoom the panel', contexts: ['session'], group: 'screen' },
  {
    keys: ['?'],
    action: 'help',
    label: 'all keys',
    contexts: ['session', 'list', 'menu', 'home', 'history'],
    group: 'screen',
    footer: 90,
  },
  {
    keys: ['ctrl+p'],
    action: 'palette',
    label: 'find an action',
    contexts: ['session', 'home'],
    group: 'screen',
  },
  {
    keys: ['ctrl+l'],
    action: 'redraw',
    label: 'draw again',
    contexts: ['session', 'list', 'menu', 'text', 'confirm', 'search', 'home', 'history'],
    group: 'screen',
  },
  { keys: ['j', 'down'], action: 'down', label: 'down', contexts: lists, group: 'motion' },
  { keys: ['k', 'up'], action: 'up', label: 'up', contexts: lists, group: 'motion' },
  { keys: ['g', 'home'], action: 'top', label: 'to the top', contexts: lists, group: 'motion' },
  { keys: ['G', 'end'], action: 'bottom', label: 'to the bottom', contexts: lists, group: 'motion' },
  {
    keys: ['ctrl+d', 'pagedown'],
    action: 'half_down',
    label: 'half a page down',
    contexts: lists,
    group: 'motion',
  },
  {
    keys: ['ctrl+u', 'pageup'],
    action: 'half_up',
    label: 'half a page up',
    contexts: lists,
    group: 'motion',
  },
  {
    keys: ['enter'],
    action: 'open',
    label: 'open, go on',
    contexts: ['list', 'menu', 'text', 'search', 'home', 'history'],
    group: 'cards',
    footer: 0,
  },
  { keys: ['y'], action: 'confirm', label: 'yes', contexts: ['confirm'], group: 'cards', footer: 0 },
  {
    keys: ['escape'],
    action: 'back',
    label: 'back',
    contexts: ['session', 'list', 'menu', 'text', 'confirm', 'search', 'history'],
    group: 'cards',
    footer: 80,
  },
  {
    keys: ['ctrl+e'],
    action: 'edit',
    label: 'write in $EDITOR',
    contexts: ['text'],
    group: 'cards',
    footer: 81,
  },
  { keys: ['D'], action: 'drill', label: 'drill', contexts: ['home'], group: 'this step', footer: 2 },
  { keys: ['h'], action: 'history', label: 'history', contexts: ['home'], group: 'screen', footer: 60 },
  {
    keys: ['='],
    action: 'compare',
    label: 'compare two',
    contexts: ['history'],
    group: 'screen',
    footer: 3,
  },
  {
    keys: ['}'],
    action: 'next_decision',
    label: 'next decision',
    contexts: ['history'],
    group: 'motion',
    footer: 4,
  },
  {
    keys: ['{'],
    action: 'previous_decision',
    label: 'previous decision',
    contexts: ['history'],
    group: 'motion',
  },
  {
    keys: ['ctrl+c'],
    action: 'interrupt',
    label: 'stop or leave',
    contexts: ['session', 'list', 'menu', 'text', 'confirm', 'search', 'home', 'history'],
    group: 'leaving',
  },
  {
    keys: ['ctrl+z'],
    action: 'suspend',
    label: 'to the shell for a while',
    contexts: ['session', 'list', 'menu', 'text', 'confirm', 'search', 'home', 'history'],
    group: 'leaving',
  },
  {
    keys: ['q'],
    action: 'leave',
    label: 'leave',
    contexts: ['session', 'list', 'home', 'history'],
    group: 'leaving',
    footer: 70,
  },
];

export const bindingFor = (name: KeyName, context: Context): KeyBinding | undefined =>
  keymap.find(({ keys, contexts }) => contexts.includes(context) && keys.includes(name));

const shownNames: Readonly<Record<string, string>> = {
  escape: 'Esc',
  enter: 'Enter',
  tab: 'Tab',
  'shift+tab': 'Shift-Tab',
  up: '↑',
  down: '↓',
  home: 'Home',
  end: 'End',
  pageup: 'PgUp',
  pagedown: 'PgDn',
};

/** A key as people read it: `Ctrl-P`, `Esc`, `r`. */
export const keyName = (key: KeyName): string =>
  shownNames[key] ?? (key.startsWith('ctrl+') ? `Ctrl-${key.slice(5).toUpperCase()}` : key);

/** The table of keys for the documentation. */
export function keymapMarkdown(): string {
  const lines = ['| key | does | where |', '|---|---|---|'];
  for (const group of groups) {
    lines.push(`| **${group}** | | |`);
    for (const { keys, label, contexts } of keymap.filter((binding) => binding.group === group)) {
      const shown = keys.map((key) => `\`${keyName(key)}\``).join(' ');
      lines.push(`| ${shown} | ${label} | ${contexts.join(', ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
