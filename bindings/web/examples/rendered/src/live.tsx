import { useEffect, useState } from "react";

import { useClient } from "./flags.ts";

/** Shows the origin of the values: the server's page, and then the page's own client. */
export function Live() {
  const client = useClient();
  const [text, setText] = useState("values of the rendered page");
  useEffect(() => {
    const status = client.onStatus(({ readiness, connection }) => {
      if (readiness === "READY") setText(`live: ${readiness}, ${connection}`);
    });
    return () => {
      status.unsubscribe();
    };
  }, [client]);
  return (
    <footer>
      <output>{text}</output>
    </footer>
  );
}
