// Starts the live demos of a page: offers a button, and on a click loads the runtime and the model.
// Each kind of demo is a module of its own (digits.js, latent.js, text.js) that exports `mount`.

const base = new URL("./", import.meta.url);
let runtime = null;

/** Load a file and report the share that has arrived, from 0 to 1. */
async function fetchWithProgress(url, report) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const total = Number(response.headers.get("Content-Length")) || 0;
  const reader = response.body.getReader();
  const chunks = [];
  let received = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    received += value.length;
    if (total) report(Math.min(1, received / total));
  }
  const bytes = new Uint8Array(received);
  let place = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, place);
    place += chunk.length;
  }
  return bytes.buffer;
}

/** Load onnxruntime-web once a page, however many demos there are. */
async function loadRuntime(report) {
  if (!runtime) {
    runtime = (async () => {
      const ort = await import(new URL("ort/ort.wasm.min.mjs", base).href);
      ort.env.wasm.numThreads = 1; // more would need headers that a static host does not send
      ort.env.wasm.wasmPaths = new URL("ort/", base).href;
      const wasm = new URL("ort/ort-wasm-simd-threaded.wasm", base).href;
      ort.env.wasm.wasmBinary = await fetchWithProgress(wasm, report);
      return ort;
    })();
    runtime.catch(() => { runtime = null; });
  }
  return runtime;
}

/** Read numbers that travel as base64 of their bytes. */
function decode({ type, shape, data }) {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const values = type === "int64" ? new BigInt64Array(bytes.buffer) : new Float32Array(bytes.buffer);
  return { shape, values };
}

function tensor(ort, type, data, shape) {
  const values = type === "int64" ? BigInt64Array.from(data, BigInt) : Float32Array.from(data);
  return new ort.Tensor(type, values, shape);
}

/** Wrap a session: `run(data, shape)` gives the outputs by the names they have in Keras. */
function wrap(ort, session, facts) {
  const names = Object.keys(facts.sample.outputs).sort();
  const outputs = session.outputNames.length === 1 ? [names[0]] : session.outputNames;
  const type = facts.sample.input.type;
  const run = async (data, shape) => {
    const found = await session.run({ [session.inputNames[0]]: tensor(ort, type, data, shape) });
    const entries = session.outputNames.map((name, index) => [outputs[index], found[name]]);
    return Object.fromEntries(entries);
  };
  /** Return the largest difference from what Keras computed for the sample. */
  const check = async () => {
    const input = decode(facts.sample.input);
    const found = await run(input.values, input.shape);
    let worst = 0;
    for (const name of names) {
      decode(facts.sample.outputs[name]).values.forEach((value, index) => {
        const gap = Math.abs(Number(value) - Number(found[name].data[index]));
        worst = gap <= worst ? worst : gap; // NaN stays
      });
    }
    return worst;
  };
  return { run, check, settings: facts.settings };
}

async function start(demo) {
  const button = demo.querySelector(".demo-start");
  const status = demo.querySelector(".demo-status");
  const stage = demo.querySelector(".demo-stage");
  const source = new URL(demo.dataset.src, document.baseURI);
  button.disabled = true;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", "Loading");
  status.replaceChildren("Loading … ", bar);
  try {
    const [ort, facts, model, kind] = await Promise.all([
      loadRuntime((share) => { bar.value = share; }),
      fetch(new URL("demo.json", source)).then((response) => response.json()),
      fetchWithProgress(new URL("model.onnx", source), () => {}),
      import(new URL(`${demo.dataset.kind}.js`, base).href),
    ]);
    const session = await ort.InferenceSession.create(new Uint8Array(model));
    const live = wrap(ort, session, facts);
    demo.textlibDemo = live;
    stage.hidden = false;
    await kind.mount(stage, live);
    demo.querySelector(".demo-offer").hidden = true;
    status.replaceChildren();
    demo.dataset.state = "ready";
    stage.querySelector("canvas[tabindex], input, button")?.focus(); // a text field would open a phone's keyboard
  } catch (error) {
    console.warn("demo:", error);
    button.disabled = false;
    stage.hidden = true;
    status.textContent = "The demo could not be loaded. Check the connection and press Start again.";
    demo.dataset.state = "failed";
  }
}

for (const demo of document.querySelectorAll(".demo[data-kind]")) {
  if (typeof WebAssembly !== "object") {
    demo.querySelector(".demo-status").textContent = "This browser lacks WebAssembly, which the demo needs.";
    continue;
  }
  demo.querySelector(".demo-offer").hidden = false;
  demo.querySelector(".demo-start").addEventListener("click", () => start(demo));
}
