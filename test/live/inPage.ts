/** What a page of an app does to be told of messages, without any library: scripts that give the text of the first one. */
const QUERY = 'subscription { messageAdded { text } }';

/** Speaks `graphql-transport-ws`. */
export const byWebSocket = (url: string): string => `new Promise((resolve, reject) => {
  const socket = new WebSocket('${url.replace('http', 'ws')}/graphql', 'graphql-transport-ws');
  socket.onopen = () => socket.send('{"type":"connection_init"}');
  socket.onerror = () => reject(new Error('refused'));
  socket.onclose = ({ code }) => reject(new Error('closed with ' + code));
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (type === 'connection_ack')
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '${QUERY}' } }));
    if (type !== 'next') return;
    resolve(payload.data.messageAdded.text);
    socket.close();
  };
})`;

/** Asks for events by a request like all others. */
export const byFetch = (url: string): string => `(async () => {
  const answer = await fetch('${url}/graphql', {
    method: 'POST',
    headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify({ query: '${QUERY}' }),
  });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ''; ; ) {
    const { value, done } = await reader.read();
    if (done) throw new Error('ended with ' + text);
    text += value;
    const event = /event: next\\ndata: (.*)\\n\\n/.exec(text);
    if (!event) continue;
    await reader.cancel();
    return JSON.parse(event[1]).data.messageAdded.text;
  }
})()`;

/** By what browsers have for it, which asks without asking for permission first. */
export const byEventSource = (url: string): string => `new Promise((resolve, reject) => {
  const source = new EventSource('${url}/graphql?query=' + encodeURIComponent('${QUERY}'));
  source.onerror = () => {
    source.close();
    reject(new Error('refused'));
  };
  source.addEventListener('next', ({ data }) => {
    source.close();
    resolve(JSON.parse(data).data.messageAdded.text);
  });
})`;
