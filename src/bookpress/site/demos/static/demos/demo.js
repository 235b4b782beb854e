// Starts the live demos of a page: offers a button, and on a click loads what the demo needs.
// Each kind of demo is a module of its own in kinds/; it exports `mount(stage, live)`, and `entry`,
// which says what `live` has for it.

const base = new URL("./", import.meta.url);
let runtime = null;
const hasModel = (demo) => "model" in demo.dataset;
const mapped = (object, change) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

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

const TYPES = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array, uint8: Uint8Array };

/** Read numbers that travel as base64 of their bytes. */
function decode({ type, shape, data }) {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  return { shape, values: new TYPES[type](bytes.buffer) };
}

/** Make a tensor of numbers of any type. */
function tensor(ort, type, values, shape) {
  const data = type === "int64" ? BigInt64Array.from(values, BigInt) : TYPES[type].from(values, Number);
  return new ort.Tensor(type, data, shape);
}

/** Wrap a session: what a kind can do with the model. Names are those of Keras; one input is `input`. */
function wrap(ort, session, { sample, states }) {
  const names = Object.keys(sample.outputs[0]).sort(); // the exporter's order
  const lone = session.inputNames.length === 1;
  const ask = async (feeds) => {
    const given = Object.entries(feeds).map(([name, [values, shape]]) =>
      [lone ? session.inputNames[0] : name, tensor(ort, sample.inputs[name].type, values, shape)]);
    const found = await session.run(Object.fromEntries(given));
    return Object.fromEntries(session.outputNames.map((name, index) => [names[index], found[name]]));
  };
  let turn = Promise.resolve();
  /** Compute the outputs for `{ input: [values, shape] }`, one question after the other. */
  const run = (feeds) => {
    const answer = turn.then(() => ask(feeds));
    turn = answer.catch(() => {});
    return answer;
  };
  /** Return a function that works like `run` and keeps the states; they begin as given, or at zero. */
  const stepper = (start = {}) => {
    const zero = (old) => {
      const shape = [1, ...sample.inputs[old].shape.slice(1)];
      return [new Uint8Array(shape.reduce((size, length) => size * length, 1)), shape];
    };
    let held = Object.fromEntries(Object.values(states).map((old) => [old, start[old] ?? zero(old)]));
    return async (feeds) => {
      const found = await run({ ...held, ...feeds });
      held = Object.fromEntries(Object.entries(states).map(([made, old]) => [old, [found[made].data, found[made].dims]]));
      return found;
    };
  };
  /** Return the largest difference from what Keras computed for the sample, over all steps. */
  const check = async () => {
    const feeds = mapped(sample.inputs, (packed) => [decode(packed).values, packed.shape]);
    const step = stepper(feeds);
    for (const old of Object.values(states)) delete feeds[old];
    let worst = 0;
    for (const outputs of sample.outputs) {
      const found = await step(feeds);
      for (const name of names) {
        decode(outputs[name]).values.forEach((value, index) => {
          const gap = Math.abs(Number(value) - Number(found[name].data[index]));
          worst = gap <= worst ? worst : gap; // NaN stays
        });
      }
    }
    return worst;
  };
  return { run, stepper, check };
}

async function loadModel(source, facts, report) {
  const [ort, model] = await Promise.all([
    loadRuntime(report),
    fetchWithProgress(new URL("model.onnx", source), () => {}),
  ]);
  return wrap(ort, await ort.InferenceSession.create(new Uint8Array(model)), await facts);
}

async function loadPictures(source, facts) {
  const found = Object.entries((await facts).pictures).map(async ([name, { file }]) => {
    const picture = new Image();
    picture.src = new URL(file, source).href;
    await picture.decode();
    return [name, picture];
  });
  return Object.fromEntries(await Promise.all(found));
}

async function loadFacts(source) {
  const response = await fetch(new URL("demo.json", source));
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return response.json();
}

/** Load everything at once, and return the kind and what it gets. */
async function load(demo, report) {
  const source = new URL(demo.dataset.src, document.baseURI);
  const coming = loadFacts(source);
  const [kind, facts, pictures, model] = await Promise.all([
    import(new URL(`kinds/${demo.dataset.kind}.js`, base).href),
    coming,
    loadPictures(source, coming),
    hasModel(demo) ? loadModel(source, coming, report) : {},
  ]);
  return [kind, { ...model, settings: facts.settings, arrays: mapped(facts.arrays, decode), pictures }];
}

async function start(demo) {
  const button = demo.querySelector(".demo-start");
  const status = demo.querySelector(".demo-status");
  const stage = demo.querySelector(".demo-stage");
  button.disabled = true;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", "Loading");
  status.replaceChildren("Loading … ", bar);
  try {
    const [kind, live] = await load(demo, (share) => { bar.value = share; });
    demo.textlibDemo = live;
    stage.hidden = false;
    stage.replaceChildren(); // after an attempt that failed
    live.shown = await kind.mount(stage, live);
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
  if (hasModel(demo) && typeof WebAssembly !== "object") {
    demo.querySelector(".demo-status").textContent = "This browser lacks WebAssembly, which the demo needs.";
    continue;
  }
  demo.querySelector(".demo-offer").hidden = false;
  demo.querySelector(".demo-start").addEventListener("click", () => start(demo));
}
