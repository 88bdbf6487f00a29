// Files of boards that this browser has fetched, in IndexedDB. Without it everything is fetched
// anew.

const NAME = "packlog";
const STORE = "files";

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opened = null;

function database() {
  opened ||= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function store(mode) {
  return (await database()).transaction(STORE, mode).objectStore(STORE);
}

/** The bytes kept under a key; undefined if there are none. */
export async function get(key) {
  try {
    return await asked((await store("readonly")).get(key));
  } catch {
    return undefined;
  }
}

/** Keep bytes under a key. Of the keys that begin with prefix no other stays. */
export async function put(key, bytes, prefix) {
  try {
    const files = await store("readwrite");
    files.delete(IDBKeyRange.bound(prefix, `${prefix}\uffff`));
    await asked(files.put(bytes, key));
  } catch {
    // No room or no permission: it is fetched anew next time
  }
}
