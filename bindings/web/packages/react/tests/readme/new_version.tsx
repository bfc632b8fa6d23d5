import { useHeldUpdates } from "fh-react";

export function NewVersion() {
  const { held, release } = useHeldUpdates();
  if (held.length === 0) return null;
  return (
    <button
      onClick={() => {
        release();
      }}
    >
      New version: reload
    </button>
  );
}
