/**
 * The script of the page, sent as the text of this function: it uses nothing from outside of itself but what every page has. Calls go to
 * where the page came from.
 */
function tryCalls(): void {
  const token = document.querySelector<HTMLInputElement>('#token');

  const call = async (form: HTMLFormElement): Promise<string> => {
    const query = new URLSearchParams();
    const headers = new Headers();
    let path = form.dataset.path ?? '';
    let body: string | undefined;
    for (const field of form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('[data-in]')) {
      if (field.dataset.in === 'path') path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
      else if (field.dataset.in === 'body') body = field.value;
      else if (field.value === '') continue;
      else if (field.dataset.in === 'query') query.set(field.name, field.value);
      else headers.set(field.name, field.value);
    }
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (token !== null && token.value !== '') headers.set('authorization', `Bearer ${token.value}`);
    const url = query.size > 0 ? `${path}?${query}` : path;
    const answer = await fetch(url, { method: form.dataset.method ?? 'GET', headers, ...(body !== undefined && { body }) });
    return `${answer.status} ${answer.statusText}\n${await answer.text()}`;
  };

  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-path]')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const output = form.querySelector('output');
      if (output === null) return;
      output.textContent = 'Calling …';
      call(form).then(
        (text) => {
          output.textContent = text;
        },
        (error: unknown) => {
          output.textContent = `No answer: ${error instanceof Error ? error.message : 'unknown reason'}`;
        },
      );
    });
  }
}

export const DOCS_SCRIPT = `'use strict';\n(${tryCalls})();\n`;
