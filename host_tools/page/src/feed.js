// New readings as they come: the board's event stream, and its status now and then. Without the
// stream the status is asked for more often.

import { T } from "./texts.js";

const STATUS_MS = 20000;
const POLL_MS = 3000;

export class Feed {
  /**
   * take(status): a status with the newest readings in it; say(text): what is wrong, "" nothing.
   */
  constructor(source, status, take, say) {
    Object.assign(this, { source, status, take, say, isStreaming: false });
  }

  start() {
    if (window.EventSource) this.stream();
    this.next();
  }

  stream() {
    const events = new EventSource("api/live");
    events.onopen = () => (this.isStreaming = true);
    events.onmessage = ({ data }) => this.reading(JSON.parse(data));
    events.onerror = () => {
      this.isStreaming = false;
      // A browser does not try again by itself where the answer was no stream
      if (events.readyState === EventSource.CLOSED) setTimeout(() => this.stream(), STATUS_MS);
    };
    // A page that the browser keeps for the way back would keep one of the board's few connections
    window.onpagehide = () => {
      this.isStreaming = false;
      events.close();
    };
    window.onpageshow = ({ persisted }) => persisted && this.stream();
  }

  reading({ pack, values, cells }) {
    const packs = this.status.packs.map((one) =>
      one.name === pack ? { ...one, values, cells, age_s: 0, fresh: true, state: null } : one,
    );
    this.status = { ...this.status, packs };
    this.take(this.status);
  }

  next() {
    setTimeout(() => this.poll(), this.isStreaming ? STATUS_MS : POLL_MS);
  }

  async poll() {
    try {
      if (!document.hidden) {
        const { packs } = this.status;
        const found = await this.source.status();
        // A reading that came meanwhile is newer
        const now = this.status.packs;
        found.packs = found.packs.map((one, i) => (now[i] === packs[i] ? one : now[i]));
        this.take((this.status = found));
        this.say("");
      }
    } catch (error) {
      console.warn(error);
      this.say(T.offline);
    }
    this.next();
  }
}
