type Pascal<S extends string> = S extends `${infer First}_${infer Rest}`
  ? `${Capitalize<First>}${Pascal<Rest>}`
  : Capitalize<S>;

/** Values by their names in Pascal case: `NewZealand` is `new_zealand`. */
export type Names<V extends string> = { readonly [K in V as Pascal<Lowercase<K>>]: K };

function names<const V extends string>(...values: V[]): Names<V> {
  const named = values.map((value) => [
    value.toLowerCase().replace(/(?:^|_)(.)/g, (_all, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(named) as Names<V>;
}

/** The types of features. */
export const FeatureValueType = /* @__PURE__ */ names("BOOLEAN", "STRING", "NUMBER", "JSON");
/** The types of features. */
export type FeatureValueType = (typeof FeatureValueType)[keyof typeof FeatureValueType];

/** The names of the events of a stream. */
export const SSEResultState = /* @__PURE__ */ names(
  "ack",
  "bye",
  "failure",
  "features",
  "feature",
  "delete_feature",
  "config",
  "error",
);
/** The names of the events of a stream. */
export type SSEResultState = (typeof SSEResultState)[keyof typeof SSEResultState];

/** The permissions of a service account. */
export const RoleType = /* @__PURE__ */ names("READ", "LOCK", "UNLOCK", "CHANGE_VALUE", "EXTENDED_DATA");
/** The permissions of a service account. */
export type RoleType = (typeof RoleType)[keyof typeof RoleType];

/** The conditions of rules. */
export const RolloutStrategyAttributeConditional = /* @__PURE__ */ names(
  "EQUALS",
  "ENDS_WITH",
  "STARTS_WITH",
  "GREATER",
  "GREATER_EQUALS",
  "LESS",
  "LESS_EQUALS",
  "NOT_EQUALS",
  "INCLUDES",
  "EXCLUDES",
  "REGEX",
);
/** The conditions of rules. */
export type RolloutStrategyAttributeConditional =
  (typeof RolloutStrategyAttributeConditional)[keyof typeof RolloutStrategyAttributeConditional];

/** The types of the attributes in rules. */
export const RolloutStrategyFieldType = /* @__PURE__ */ names(
  "STRING",
  "SEMANTIC_VERSION",
  "NUMBER",
  "DATE",
  "DATETIME",
  "BOOLEAN",
  "IP_ADDRESS",
);
/** The types of the attributes in rules. */
export type RolloutStrategyFieldType =
  (typeof RolloutStrategyFieldType)[keyof typeof RolloutStrategyFieldType];

/** The names of attributes with a setter of their own. */
export const StrategyAttributeWellKnownNames = /* @__PURE__ */ names(
  "device",
  "country",
  "platform",
  "userkey",
  "session",
  "version",
);
/** The names of attributes with a setter of their own. */
export type StrategyAttributeWellKnownNames =
  (typeof StrategyAttributeWellKnownNames)[keyof typeof StrategyAttributeWellKnownNames];

/** The devices of contexts. */
export const StrategyAttributeDeviceName = /* @__PURE__ */ names(
  "browser",
  "mobile",
  "desktop",
  "server",
  "watch",
  "embedded",
);
/** The devices of contexts. */
export type StrategyAttributeDeviceName =
  (typeof StrategyAttributeDeviceName)[keyof typeof StrategyAttributeDeviceName];

/** The platforms of contexts. */
export const StrategyAttributePlatformName = /* @__PURE__ */ names(
  "linux",
  "windows",
  "macos",
  "android",
  "ios",
);
/** The platforms of contexts. */
export type StrategyAttributePlatformName =
  (typeof StrategyAttributePlatformName)[keyof typeof StrategyAttributePlatformName];

/** The countries of contexts. */
export const StrategyAttributeCountryName = /* @__PURE__ */ names(
  "afghanistan",
  "albania",
  "algeria",
  "andorra",
  "angola",
  "antigua_and_barbuda",
  "argentina",
  "armenia",
  "australia",
  "austria",
  "azerbaijan",
  "the_bahamas",
  "bahrain",
  "bangladesh",
  "barbados",
  "belarus",
  "belgium",
  "belize",
  "benin",
  "bhutan",
  "bolivia",
  "bosnia_and_herzegovina",
  "botswana",
  "brazil",
  "brunei",
  "bulgaria",
  "burkina_faso",
  "burundi",
  "cabo_verde",
  "cambodia",
  "cameroon",
  "canada",
  "central_african_republic",
  "chad",
  "chile",
  "china",
  "colombia",
  "comoros",
  "congo_democratic_republic_of_the",
  "congo_republic_of_the",
  "costa_rica",
  "cote_divoire",
  "croatia",
  "cuba",
  "cyprus",
  "czech_republic",
  "denmark",
  "djibouti",
  "dominica",
  "dominican_republic",
  "east_timor",
  "ecuador",
  "egypt",
  "el_salvador",
  "equatorial_guinea",
  "eritrea",
  "estonia",
  "eswatini",
  "ethiopia",
  "fiji",
  "finland",
  "france",
  "gabon",
  "the_gambia",
  "georgia",
  "germany",
  "ghana",
  "greece",
  "grenada",
  "guatemala",
  "guinea",
  "guinea_bissau",
  "guyana",
  "haiti",
  "honduras",
  "hungary",
  "iceland",
  "india",
  "indonesia",
  "iran",
  "iraq",
  "ireland",
  "israel",
  "italy",
  "jamaica",
  "japan",
  "jordan",
  "kazakhstan",
  "kenya",
  "kiribati",
  "korea_north",
  "korea_south",
  "kosovo",
  "kuwait",
  "kyrgyzstan",
  "laos",
  "latvia",
  "lebanon",
  "lesotho",
  "liberia",
  "libya",
  "liechtenstein",
  "lithuania",
  "luxembourg",
  "madagascar",
  "malawi",
  "malaysia",
  "maldives",
  "mali",
  "malta",
  "marshall_islands",
  "mauritania",
  "mauritius",
  "mexico",
  "micronesia_federated_states_of",
  "moldova",
  "monaco",
  "mongolia",
  "montenegro",
  "morocco",
  "mozambique",
  "myanmar",
  "namibia",
  "nauru",
  "nepal",
  "netherlands",
  "new_zealand",
  "nicaragua",
  "niger",
  "nigeria",
  "north_macedonia",
  "norway",
  "oman",
  "pakistan",
  "palau",
  "panama",
  "papua_new_guinea",
  "paraguay",
  "peru",
  "philippines",
  "poland",
  "portugal",
  "qatar",
  "romania",
  "russia",
  "rwanda",
  "saint_kitts_and_nevis",
  "saint_lucia",
  "saint_vincent_and_the_grenadines",
  "samoa",
  "san_marino",
  "sao_tome_and_principe",
  "saudi_arabia",
  "senegal",
  "serbia",
  "seychelles",
  "sierra_leone",
  "singapore",
  "slovakia",
  "slovenia",
  "solomon_islands",
  "somalia",
  "south_africa",
  "spain",
  "sri_lanka",
  "sudan",
  "sudan_south",
  "suriname",
  "sweden",
  "switzerland",
  "syria",
  "taiwan",
  "tajikistan",
  "tanzania",
  "thailand",
  "togo",
  "tonga",
  "trinidad_and_tobago",
  "tunisia",
  "turkey",
  "turkmenistan",
  "tuvalu",
  "uganda",
  "ukraine",
  "united_arab_emirates",
  "united_kingdom",
  "united_states",
  "uruguay",
  "uzbekistan",
  "vanuatu",
  "vatican_city",
  "venezuela",
  "vietnam",
  "yemen",
  "zambia",
  "zimbabwe",
);
/** The countries of contexts. */
export type StrategyAttributeCountryName =
  (typeof StrategyAttributeCountryName)[keyof typeof StrategyAttributeCountryName];

/** A condition of a rule. */
export interface RolloutStrategyAttribute {
  id?: string | null;
  conditional: RolloutStrategyAttributeConditional;
  fieldName: string;
  values?: unknown[];
  type: RolloutStrategyFieldType;
}

/** A condition of a rule of a feature. */
export type FeatureRolloutStrategyAttribute = RolloutStrategyAttribute;

/** The share of users and the conditions of a rule. */
export interface BaseStrategy {
  percentage?: number | null;
  percentageAttributes?: string[] | null;
  attributes?: RolloutStrategyAttribute[] | null;
}

/** A rule with its value. */
export interface FeatureRolloutStrategy extends BaseStrategy {
  id: string;
  value?: unknown;
}

/** A rule with its value. */
export type BaseRolloutStrategy = FeatureRolloutStrategy;

/** A feature as an Edge sends it. */
export interface FeatureState {
  id: string;
  key: string;
  l?: boolean;
  version?: number;
  type?: FeatureValueType;
  value?: unknown;
  v?: string | null;
  fp?: Record<string, string> | null;
  environmentId?: string | null;
  strategies?: FeatureRolloutStrategy[] | null;
}

/** A change of a feature by a test. */
export interface FeatureStateUpdate {
  value?: unknown;
  updateValue?: boolean | null;
  lock?: boolean | null;
}

/** The features of an environment as a poll returns them. */
export interface FeatureEnvironmentCollection {
  id: string;
  features?: FeatureState[];
}

/** The name and the version of an application. */
export interface ApplicationVersionInfo {
  name: string;
  version: string;
}
