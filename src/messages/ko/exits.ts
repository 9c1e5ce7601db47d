/** Korean: what the exit codes of both programs mean, for the README. */
import type { EXITS } from "../../domain/failure.ts";

export const exits: Record<keyof typeof EXITS, string> = {
  0: "완료",
  1: "실행이나 명령이 실패함",
  2: "잘못된 사용법",
  3: "데몬에 연결할 수 없음",
  4: "찾을 수 없음",
  5: "이미 있거나 진행 중인 것과 충돌함",
  6: "예산 때문에 거부됨",
  7: "사람을 기다림",
  8: "입력 파일이나 실행에 필요한 것을 쓸 수 없음",
  130: "중단하거나 거절함",
};
