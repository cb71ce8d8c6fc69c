// The socket to the session: says hello, comes back by itself when it was cut, and hands each message on.
const PAUSES = [300, 1000, 2000, 5000]; // ms before it is tried again
const NORMAL = 1000; // close codes: the session has ended
const REFUSED = 1008; // the token is not (or no longer) the right one

// heard: {message(told), frame(buffer), open(), lost(), over(), refused(reason)}. Gives {send}.
export const connect = (address, token, heard) => {
  let socket = null;
  let failures = 0;
  let again = 0;

  const open = () => {
    clearTimeout(again);
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => send({ kind: "hello", token }));
    socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") return heard.frame(data);
      if (failures !== -1) heard.open();
      failures = -1;
      heard.message(JSON.parse(data));
    });
    socket.addEventListener("close", closed);
  };

  const closed = ({ code, reason }) => {
    if (code === NORMAL) return heard.over();
    if (code === REFUSED) return heard.refused(reason);
    heard.lost();
    failures++;
    again = setTimeout(open, PAUSES[Math.min(failures, PAUSES.length - 1)]);
  };

  // What cannot be sent now is not sent later: it belonged to a page as it was.
  const send = (message) => {
    if (socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  };

  window.addEventListener("offline", () => socket.close());
  window.addEventListener("online", () => socket.readyState === WebSocket.CLOSED && again && open());
  open();
  return { send };
};
