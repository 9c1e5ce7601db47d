/** English: notifications, and the manual pages. */
export const notify = {
  "group.notify": "How you are told that a run waits, or has ended",
  "notify.test.summary": "Send one notification, to see whether it arrives",
  "notify.test.about":
    "It goes to every channel under notify in devflow.yaml: the desktop, your command, your webhook. The daemon sends it, with the settings that it was started with. Exit code 1: one of them was not told.",
  "notify.test.none": "The settings have no channel: see notify in devflow.yaml, then devflowd restart.",
  "notify.test.told": "{channel}: told",
  "notify.test.failed": "{channel}: not told: {problem}",

  "man.manual": "devflow manual",
  "man.devflow": "drive coding agents through workflows",
  "man.about":
    "Commands talk to the daemon, devflowd, which they start when none runs. Data goes to the standard output, everything else to the standard error. A run or a session is named by its id, or by the start or end of it.",
  "man.home": "One folder for all that devflow keeps; another one is another devflow",
  "man.no_color": "Set to anything: no colours",
  "man.exits": "0 when it was done; the other codes are in",
} as const;
