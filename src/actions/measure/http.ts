import { known, type Answer, type Limits } from './answer.ts';
import { fetchText, type HttpRequest } from './fetch-text.ts';

/** Every answer is a reading, errors of the server too: what is good is for the tolerance to say. */
export async function measureHttp(request: HttpRequest, limits: Limits): Promise<Answer> {
  const answer = await fetchText(request, limits);
  if (!answer.ok) return answer;
  const { status, headers, text } = answer;
  return known(text.replace(/[\r\n]+$/, ''), { status, headers, text });
}
