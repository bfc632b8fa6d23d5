import { useEffect, useReducer } from "react";

import { useClient } from "./flags.ts";

/** Shows the connection, and the age of the values in seconds. */
export function StatusBar() {
  const client = useClient();
  const [, renderAgain] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    const status = client.onStatus(renderAgain);
    const timer = setInterval(renderAgain, 1000);
    return () => {
      clearInterval(timer);
      status.unsubscribe();
    };
  }, [client]);
  const { readiness, connection, dataAge, problem } = client.status;
  const age = dataAge === undefined ? "no values yet" : `values confirmed ${Math.floor(dataAge)} s ago`;
  return (
    <footer>
      <output>{`${readiness}, ${connection}`}</output>
      <span>
        {age}
        {problem && `; problem: ${problem.code}`}
      </span>
    </footer>
  );
}
