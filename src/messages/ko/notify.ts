/** Korean: notifications, and what is kept for how long. */
import type { notify as english } from "../en/notify.ts";

export const notify: Record<keyof typeof english, string> = {
  "group.notify": "실행이 기다리거나 끝났을 때 알리는 방법을 다룹니다",
  "notify.test.summary": "알림을 하나 보내 도착하는지 확인합니다",
  "notify.test.about":
    "devflow.yaml의 notify 아래 모든 채널로 보냅니다: 데스크톱, 직접 지정한 명령, 웹훅. 데몬이 시작할 때 읽은 설정으로 보냅니다. 종료 코드 1: 알리지 못한 채널이 있습니다.",
  "notify.test.none": "설정에 채널이 없습니다. devflow.yaml의 notify를 보고 devflowd restart를 실행하세요.",
  "notify.test.told": "{channel}: 알렸습니다",
  "notify.test.failed": "{channel}: 알리지 못했습니다: {problem}",
};
