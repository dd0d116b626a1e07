/** Whether a body says that it is JSON, in whatever spelling HTTP allows. No page of elsewhere can send any of these without being asked first (CORS). */
export function isJsonType(contentType: string | undefined): boolean {
  const [essence = ''] = (contentType ?? '').split(';');
  return /^application\/([\w.+-]+\+)?json$/i.test(essence.trim());
}
