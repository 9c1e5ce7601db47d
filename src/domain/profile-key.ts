/** The keys that a profile may press; the terminal port knows each of them. */
import { z } from "zod";

export const ProfileKey = z.enum([
  "Enter",
  "Escape",
  "C-c",
  "C-u",
  "Up",
  "Down",
  "Tab",
  "Space",
  "BSpace",
  "y",
  "n",
  "1",
  "2",
  "3",
  "4",
  "5",
  "6",
  "7",
  "8",
  "9",
]);
export type ProfileKey = z.infer<typeof ProfileKey>;

export const Keys = z.array(ProfileKey).min(1).max(10);
