import { type Notice, noticeText } from "./repository/notice.ts";

/** Writes a notice to the console. Only clients without a listener for notices load this file, and only when there is a notice. */
export function warn(notice: Notice): void {
  console.warn(`fh-client: ${noticeText(notice)}`);
}
