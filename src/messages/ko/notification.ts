/** Korean: the words of a notification. */
import type { NotificationWord } from "../../domain/notification-words.ts";

// biome-ignore format: a table, one text a line
export const notification: Record<NotificationWord, string> = {
  waitsBefore: "{run} 대기: {phase} 단계의 시작을 승인해야 합니다",
  waitsAfter: "{run} 대기: {phase} 단계의 결과를 승인해야 합니다",
  waits: "{run} 대기: {problem}",
  completed: "{run} 완료",
  failed: "{run} 실패: {problem}",
  cancelled: "{run} 취소됨({by})",
  test: "시험 알림입니다. devflow의 알림이 여기로 옵니다.",
};
