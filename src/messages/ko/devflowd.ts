/** Korean: what devflowd itself says, and its help. */
import type { devflowd as en } from "../en/devflowd.ts";

export const devflowd: Record<keyof typeof en, string> = {
  "devflowd.tagline": "devflowd: 워크플로를 실행하는 데몬",
  "devflowd.start": "데몬을 백그라운드에서 시작합니다",
  "devflowd.foreground": "데몬을 이 터미널에서 로그와 함께 실행합니다",
  "devflowd.stop": "데몬을 멈춥니다. 터미널의 에이전트는 계속 살아 있고, 나중에 이어받습니다",
  "devflowd.restart": "데몬을 멈췄다가 다시 시작합니다",
  "devflowd.status": "데몬이 동작하는지, 무엇을 하는지 보여 줍니다",
  "devflowd.logs": "데몬의 로그를 보여 주고, 새 로그도 계속 보여 줍니다",
  "devflowd.service": "로그인할 때 데몬을 시작합니다(systemd, launchd). uninstall, show",
  "devflowd.json": "JSON으로 출력(status, logs)",

  "devflowd.none": "동작 중인 데몬이 없습니다",
  "devflowd.stopped": "devflowd(PID {pid})가 멈췄습니다",
  "devflowd.runs": "devflowd가 동작합니다(PID {pid})",
  "devflowd.unknown": "devflowd에 {name} 명령은 없습니다",
  "devflowd.say_what": "할 일을 지정하세요",
  "devflowd.one_word": "{word}은(는) 필요 없는 단어입니다",
  "devflowd.up": "devflowd {version} 동작 중(PID {pid}, {since}부터)",
  "devflowd.fact.socket": "소켓",
  "devflowd.fact.data": "데이터",
  "devflowd.fact.terminals": "터미널",
  "devflowd.fact.runs": "실행",
  "devflowd.fact.memory": "메모리",
  "devflowd.fact.problem": "문제",
  "devflowd.paused": "{host}, 일시 정지",
  "devflowd.work": "진행 {running}, 대기 {waiting}, 세션 {sessions}개",

  "service.say_what": "서비스에 할 일을 지정하세요: install, uninstall, show",
  "service.differs": "(설치된 내용과 다름)",
  "service.not_installed": "(설치되지 않음)",
  "service.wrote": "{file}을(를) 썼습니다",
  "service.starts": "로그인할 때 devflowd가 시작됩니다. 상태 보기: devflowd status",
  "service.none": "{file}이(가) 없습니다",
  "service.removed": "{file}을(를) 지웠습니다. 터미널의 에이전트는 계속 살아 있습니다",
  "service.not_told": "서비스 관리자에 알리지 못했습니다({problem}). 자신의 세션에서 입력하세요: {command}",
};
