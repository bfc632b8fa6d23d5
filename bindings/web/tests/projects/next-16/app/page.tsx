import { FeatureProvider } from "fh-react";
import { connection } from "next/server";
import { Suspense } from "react";

import { Colour } from "./colour";
import { features } from "./features";

interface Properties {
  readonly searchParams: Promise<Parameters>;
}

/** Names the user of the page, and the key of the client in the page. */
interface Parameters {
  readonly user: string;
  readonly key: "CLIENT_KEY" | "SERVER_KEY";
}

/** Features depend on the time, so Cache Components wants them in `Suspense`, after `connection`. */
export default function Page(properties: Properties) {
  return (
    <Suspense fallback={<p>One moment</p>}>
      <Colours {...properties} />
    </Suspense>
  );
}

/** A server component that shows a feature, and gives the values to the client component. */
async function Colours({ searchParams }: Properties) {
  await connection();
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
