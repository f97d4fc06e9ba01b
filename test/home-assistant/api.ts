/**
 * Home Assistant's own interfaces, as its frontend uses them: REST to begin with, then one WebSocket.
 *
 * @see https://developers.home-assistant.io/docs/api/websocket
 */

/** As Node has it; its types for Node 20 do not tell. */
interface Socket {
  send(text: string): void;
  close(): void;
  addEventListener(event: string, listener: (event: { readonly data?: unknown }) => void): void;
}

/** The answer of a command that asks for records. */
export type Row = Readonly<Record<string, unknown>>;

/** An access token of the owner that it makes: a new Home Assistant asks who it belongs to. */
export async function makeOwner(url: string): Promise<string> {
  const person = {
    name: 'Owner',
    username: 'owner',
    password: 'owner',
    language: 'en',
    client_id: `${url}/`,
  };
  const { auth_code: code } = await post(url, '/api/onboarding/users', person);
  const form = new URLSearchParams({
    client_id: `${url}/`,
    grant_type: 'authorization_code',
    code: String(code),
  });
  const { access_token: token } = await post(url, '/auth/token', form);
  return String(token);
}

/** @throws Error with Home Assistant's words when it refuses */
export async function post(
  url: string,
  path: string,
  body: Row | URLSearchParams,
  token?: string,
): Promise<Row> {
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      ...(isForm ? {} : { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: isForm ? body : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text || '{}') as Row;
}

/** A logged-in WebSocket. */
export class HomeAssistantApi {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #id = 0;
  #isClosed = false;

  static async open(url: string, token: string): Promise<HomeAssistantApi> {
    const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => Socket };
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/websocket`);
    const api = new HomeAssistantApi(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('error', () => reject(new Error(`no WebSocket at ${url}`)));
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data)) as Row;
        if (message['type'] === 'auth_required')
          socket.send(JSON.stringify({ type: 'auth', access_token: token }));
        else if (message['type'] === 'auth_ok') resolve();
        else if (message['type'] === 'auth_invalid') reject(new Error('Home Assistant refuses the token'));
        else api.#answered(message);
      });
    });
    return api;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    const ended = () => {
      this.#isClosed = true;
      for (const { reject } of this.#waiting.values())
        reject(new Error('Home Assistant closed the connection'));
    };
    socket.addEventListener('close', ended);
  }

  /** Sends a command. @returns its `result` */
  async call<T = unknown>(type: string, fields: Row = {}): Promise<T> {
    if (this.#isClosed) throw new Error('the connection to Home Assistant is closed');
    const id = ++this.#id;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#socket.send(JSON.stringify({ id, type, ...fields }));
    return (await answer) as T;
  }

  /** Calls an action such as `light.turn_on`. */
  async action(name: string, data: Row = {}): Promise<void> {
    const [domain, service] = name.split('.');
    await this.call('call_service', { domain, service, service_data: data });
  }

  close(): void {
    this.#socket.close();
  }

  #answered({ id, type, success, result, error }: Row): void {
    const waiting = this.#waiting.get(Number(id));
    if (type !== 'result' || waiting === undefined) return;
    this.#waiting.delete(Number(id));
    if (success === true) waiting.resolve(result);
    else waiting.reject(new Error(JSON.stringify(error)));
  }
}
