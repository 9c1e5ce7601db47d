/** English: notifications, and what is kept for how long. */
export const notify = {
  "group.notify": "How you are told that a run waits, or has ended",
  "notify.test.summary": "Send one notification, to see whether it arrives",
  "notify.test.about":
    "It goes to every channel under notify in devflow.yaml: the desktop, your command, your webhook. The daemon sends it, with the settings that it was started with. Exit code 1: one of them was not told.",
  "notify.test.none": "The settings have no channel: see notify in devflow.yaml, then devflowd restart.",
  "notify.test.told": "{channel}: told",
  "notify.test.failed": "{channel}: not told: {problem}",
} as const;
