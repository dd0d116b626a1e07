/** Takes one line about something unexpected that was handled. Never gets secrets or content. */
export type Log = (line: string) => void;
