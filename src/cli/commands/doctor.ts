/** devflow doctor: what is right and what is wrong on this machine, and what to do about it. */
import { defineCommand, EXIT_FAILED } from "../command.ts";
import { examine } from "../doctor/check.ts";
import { machineChecks } from "../doctor/machine.ts";
import { ownChecks } from "../doctor/own.ts";
import { settingsChecks } from "../doctor/settings.ts";
import { doctorLines } from "../show/doctor.ts";

export default defineCommand<{ fix?: true }>({
  name: "doctor",
  summary: "doctor.summary",
  about: "doctor.about",
  options: { "--fix": "doctor.fix" },
  examples: ["devflow doctor", "devflow doctor --fix", "devflow doctor --json"],
  async run({ fix = false }, { ground, running, out }) {
    const all = { ...machineChecks, ...settingsChecks, ...ownChecks };
    const checks = await examine(all, await ground(running), { fix });
    const healthy = checks.every(({ level, fixed }) => level !== "fail" || fixed);
    out.show({ healthy, checks }, doctorLines);
    return healthy ? 0 : EXIT_FAILED;
  },
});
