/**
 * A part of a program that reads features: it returns the path of the checkout, with the colour of its button.
 *
 * @param {import("fh-client").Client} client
 * @param {string} userkey
 */
export function checkoutPath(client, userkey) {
  const user = client.context({ userkey });
  const page = user.isEnabled("NEW_CHECKOUT") ? "checkout" : "basket";
  return `/${page}?colour=${user.string("COLOUR", "red")}`;
}
