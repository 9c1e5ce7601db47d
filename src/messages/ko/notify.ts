/** Korean: notifications, and the manual pages. */
import type { notify as english } from "../en/notify.ts";

export const notify: Record<keyof typeof english, string> = {
  "group.notify": "실행이 기다리거나 끝났을 때 알리는 방법을 다룹니다",
  "notify.test.summary": "알림을 하나 보내 도착하는지 확인합니다",
  "notify.test.about":
    "devflow.yaml의 notify 아래 모든 채널로 보냅니다: 데스크톱, 직접 지정한 명령, 웹훅. 데몬이 시작할 때 읽은 설정으로 보냅니다. 종료 코드 1: 알리지 못한 채널이 있습니다.",
  "notify.test.none": "설정에 채널이 없습니다. devflow.yaml의 notify를 보고 devflowd restart를 실행하세요.",
  "notify.test.told": "{channel}: 알렸습니다",
  "notify.test.failed": "{channel}: 알리지 못했습니다: {problem}",

  "man.manual": "devflow 설명서",
  "man.devflow": "코딩 에이전트를 워크플로에 따라 움직입니다",
  "man.about":
    "명령은 데몬 devflowd와 이야기하고, 데몬이 없으면 시작합니다. 데이터는 표준 출력으로, 나머지는 모두 표준 오류로 나갑니다. 실행이나 세션은 ID, 또는 그 앞부분이나 뒷부분으로 가리킵니다.",
  "man.home": "devflow가 보관하는 모든 것을 두는 폴더 하나. 폴더가 다르면 다른 devflow입니다",
  "man.no_color": "무엇으로든 설정하면 색을 쓰지 않습니다",
  "man.exits": "다 했으면 0이고, 다른 코드는 다음에 있습니다:",
};
