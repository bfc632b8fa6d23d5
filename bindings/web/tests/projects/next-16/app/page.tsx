import { FeatureProvider } from "fh-react";

import { Colour } from "./colour";
import { features } from "./features";

/** Names the user of the page, and the key of the client in the page. */
interface Parameters {
  readonly user: string;
  readonly key: "CLIENT_KEY" | "SERVER_KEY";
}

/** A server component that shows a feature, and gives the values to the client component. */
export default async function Page({ searchParams }: { readonly searchParams: Promise<Parameters> }) {
  const { user, key } = await searchParams;
  const attributes = { userkey: user };
  const context = (await features()).context(attributes);
  return (
    <FeatureProvider
      url={process.env.EDGE ?? ""}
      apiKey={process.env[key] ?? ""}
      context={attributes}
      hydrate={context.dehydrate()}
    >
      <p id="server">{context.string("COLOUR", "none")}</p>
      <Colour />
    </FeatureProvider>
  );
}
