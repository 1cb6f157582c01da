// A spectral layer in JavaScript that answers the case files. Needs no package.
//
//     node answer.mjs FOLDER answers.json
//     npspectral judge answers.json --suite full
//
// FOLDER is what `npspectral vectors export FOLDER` wrote. Replace spectral() by a call of your own
// code. What this layer cannot do is answered by "skipped". Exit code 2: a file cannot be read.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// ---- your code: y = f(x W' + bias), W_ij = (lambda_in_j - lambda_out_i) phi_ij

const sigmoid = (z) => (z > 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));

// Name -> a function and its derivative; k is its constant, such as the slope of leaky_relu.
const ACTIVATIONS = {
  identity: (z) => [z, 1],
  relu: (z) => (z > 0 ? [z, 1] : [0, 0]),
  leaky_relu: (z, k) => (z > 0 ? [z, 1] : [k * z, k]),
  elu: (z, k) => (z > 0 ? [z, 1] : [k * Math.expm1(z), k * Math.exp(z)]),
  tanh: (z) => [Math.tanh(z), 1 / Math.cosh(z) ** 2],
  sigmoid: (z) => [sigmoid(z), sigmoid(z) * sigmoid(-z)],
  softplus: (z, k) => [
    (Math.max(k * z, 0) + Math.log1p(Math.exp(-Math.abs(k * z)))) / k, sigmoid(k * z)],
};

// Row-major arrays with their shapes; returns y and all gradients, throws on what does not fit.
function spectral(activation, constant, { x, lambda_in, lambda_out, phi, bias, grad_y }) {
  const [nIn, nOut] = [lambda_in.data.length, lambda_out.data.length];
  const batchShape = x.shape.slice(0, -1);
  const expected = { x: [...batchShape, nIn], phi: [nOut, nIn], grad_y: [...batchShape, nOut] };
  const came = { x, phi, grad_y };
  if (bias) [expected.bias, came.bias] = [[nOut], bias];
  for (const [name, shape] of Object.entries(expected)) {
    if (String(came[name].shape) !== String(shape)) {
      throw new RangeError(`${name} has shape ${came[name].shape}, expected ${shape}`);
    }
  }
  const batch = batchShape.reduce((product, size) => product * size, 1);
  const zeros = (size) => new Float64Array(size);
  const y = zeros(batch * nOut);
  const grads = { x: zeros(batch * nIn), phi: zeros(nOut * nIn), bias: zeros(nOut),
                  lambda_in: zeros(nIn), lambda_out: zeros(nOut) };
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < nOut; i++) {
      const gap = (j) => lambda_in.data[j] - lambda_out.data[i];
      let z = 0;
      for (let j = 0; j < nIn; j++) z += gap(j) * phi.data[nIn * i + j] * x.data[nIn * b + j];
      const [value, slope] = activation(z + (bias ? bias.data[i] : 0), constant);
      const gradZ = grad_y.data[nOut * b + i] * slope;
      y[nOut * b + i] = value;
      grads.bias[i] += gradZ;
      for (let j = 0; j < nIn; j++) {
        const p = phi.data[nIn * i + j];
        const gradW = gradZ * x.data[nIn * b + j];
        grads.x[nIn * b + j] += gradZ * (gap(j) * p);
        grads.phi[nIn * i + j] += gap(j) * gradW;
        grads.lambda_in[j] += p * gradW;
        grads.lambda_out[i] -= p * gradW;
      }
    }
  }
  return { y, grads };
}

// ---- the answers: an array is a list of the bits of its numbers in hexadecimal

const view = new DataView(new ArrayBuffer(8));
function bits(number) {
  view.setFloat64(0, number);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}
const written = (array) => Array.from(array, bits);

function answer({ kind, layers, inputs, trainable }) {
  const [first, second, ...more] = layers;
  const activation = ACTIVATIONS[second ? second.layer : "identity"];
  if (first?.layer !== "spectral" || !activation || more.length) {
    return { skipped: "no such layer here" };
  }
  if (kind !== "vjp" && kind !== "error") return { skipped: "no such kind of case here" };
  const constant = second && Object.values(second).find((entry) => typeof entry === "number");
  const arrays = Object.fromEntries(Object.entries(inputs).map(
    ([name, { shape, dec }]) => [name, { shape, data: Float64Array.from(dec) }]));
  try {
    const { y, grads } = spectral(activation, constant, arrays);
    const asked = ["x", ...trainable].map((name) => [`grad_${name}`, written(grads[name])]);
    return { y: written(y), ...Object.fromEntries(asked) };
  } catch (error) {
    if (error instanceof RangeError) return { error: error.message };
    throw error;
  }
}

function main(folder, path) {
  const answers = {};
  let suite;
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".json"))) {
    const document = JSON.parse(readFileSync(join(folder, name), "utf8"));
    if (!document.cases) continue; // the manifest or a schema
    if (document.count !== document.cases.length) throw new Error(`${name}: cases are missing`);
    suite = document.suite;
    for (const each of document.cases) {
      try {
        answers[each.id] = answer(each);
      } catch (error) {
        throw new Error(`${each.id}: ${error.message}`);
      }
    }
  }
  if (!suite) throw new Error(`${folder}: holds no case file`);
  const content = { suite, dtype: "float64", implementation: "JavaScript", answers };
  writeFileSync(path, JSON.stringify(content));
  console.log(`${Object.keys(answers).length} cases are answered in ${path}`);
}

try {
  if (process.argv.length !== 4) throw new Error("usage: node answer.mjs FOLDER answers.json");
  main(...process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
