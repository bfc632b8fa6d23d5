// JSON that keeps numbers as they were written: 7.50 stays 7.50, where the browser can.

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

/** The plain number, to reckon with. */
export function number(value) {
  return Number(write(value));
}

export function same(one, other) {
  return write(one) === write(other);
}

/** What is wrong with a text that should be JSON, with its line; nothing if it is. */
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
