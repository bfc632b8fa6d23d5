/** The features that the page begins with. The last strategy has a condition that the engine does not know, for a diagnostic. */
export const FEATURES = [
  {
    ...{ id: "1", key: "NEW_CHECKOUT", type: "BOOLEAN", version: 1, value: false },
    strategies: [{ id: "a-quarter", percentage: 250_000, value: true }],
  },
  {
    ...{ id: "2", key: "COLOUR", type: "STRING", version: 1, value: "red" },
    strategies: [
      {
        ...{ id: "new-zealand", value: "blue" },
        attributes: [
          { fieldName: "country", type: "STRING", conditional: "EQUALS", values: ["new_zealand"] },
        ],
      },
      {
        ...{ id: "unknown", value: "green" },
        attributes: [{ fieldName: "plan", type: "STRING", conditional: "SOUNDS_LIKE", values: ["gold"] }],
      },
    ],
  },
  { id: "3", key: "DISCOUNT", type: "NUMBER", version: 1, value: 7.5 },
];

/** The context that the page begins with. */
export const CONTEXT = { userkey: "mara", country: "new_zealand" };
