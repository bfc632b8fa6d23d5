/**
 * A client of FeatureHub for browsers and Node.
 *
 * @packageDocumentation
 */

export {};
