import { useHeldUpdates } from "./flags.ts";

/** Offers the updates that catch & release holds back. */
export function NewVersion() {
  const { held, release } = useHeldUpdates();
  return (
    <div role="status">
      {held.length > 0 && (
        <p className="held">
          New version ({held.join(", ")}):{" "}
          <button
            type="button"
            onClick={() => {
              release();
            }}
          >
            reload
          </button>
        </p>
      )}
    </div>
  );
}
