/** Marks text that deserves attention; the command line paints it on a terminal. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly heading: (text: string) => string;
}

export const PLAIN: Style = { good: (text) => text, bad: (text) => text, heading: (text) => text };
