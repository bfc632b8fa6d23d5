// Reads and writes JSON. Numbers keep their spelling (7.50 stays 7.50) if the browser supports it.

const canKeep = typeof JSON.rawJSON === 'function';

function exact(_name, value, context) {
  const source = context?.source;
  const changes = typeof value === 'number' && source !== undefined && String(value) !== source;
  return canKeep && changes ? JSON.rawJSON(source) : value;
}

export function parse(text) {
  return JSON.parse(text, exact);
}

export function write(value, indent) {
  return JSON.stringify(value, null, indent) ?? 'null';
}

export function isNumber(value) {
  return typeof value === 'number' || (canKeep && JSON.isRawJSON(value));
}

/** Returns the value as a number to calculate with. */
export function number(value) {
  return Number(write(value));
}

export function same(one, other) {
  return write(one) === write(other);
}

/** Returns the error of a text that is not JSON, with its line; `undefined` for JSON. */
export function problem(text) {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const position = /position (\d+)/.exec(error.message)?.[1];
    const what = error.message.replace(/^JSON\.parse: /, '').replace(/ in JSON at position.*$/s, '').replace(/, ".*" is not valid JSON$/s, '').replace(/^Unexpected end of JSON input$/, 'it ends too early');
    if (position === undefined) return `This is not JSON: ${what}.`;
    const before = text.slice(0, Number(position)).split('\n');
    return `This is not JSON: ${what} (line ${before.length}, column ${before.at(-1).length + 1}).`;
  }
}
