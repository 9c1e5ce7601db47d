/** Korean: what the methods of the socket do, by their English words. */
export const methods: Readonly<Record<string, string>> = {
  "Is anybody there": "응답하는지 봅니다",
  "What the daemon is and does": "데몬의 상태와 하는 일",
  "This table, with JSON Schemas": "JSON Schema가 딸린 이 표",
  "Start no new steps; what is under way goes on": "새 단계를 시작하지 않습니다. 진행 중인 것은 계속됩니다",
  "Go on after a pause": "멈춘 뒤 다시 진행합니다",
  "Stop; agents in terminals live on and are taken up again":
    "끝냅니다. 터미널의 에이전트는 살아 있으며 다음에 다시 이어받습니다",
  "Keys were kept or deleted: what the keyring holds is read anew, and who did it is recorded":
    "키를 보관하거나 지웠을 때: 키링을 다시 읽고 누가 했는지 기록합니다",
  "Send a notification to every channel that the settings have, and say how that went":
    "설정된 모든 경로로 알림을 보내고 결과를 알려 줍니다",
  "Write everything that devflow knows into one archive, while it runs":
    "실행 중에 devflow가 아는 모든 것을 압축 파일 하나로 씁니다",
  "Lines of the audit record, in their order: those behind a line, or the last ones":
    "감사 기록을 순서대로: 어느 줄 다음부터, 또는 마지막 줄들",
  "Prove the audit record whole: no line changed, dropped, added, moved, or cut off at the end":
    "감사 기록이 온전한지 확인합니다. 바뀌거나 빠지거나 더해지거나 옮겨지거나 끝이 잘린 줄이 없는지 봅니다",

  "What a run would do, without starting it": "실행을 시작하지 않고 무엇을 할지 보여 줍니다",
  "Start a run": "실행을 시작합니다",
  "Runs, newest first": "실행 목록, 최근 것부터",
  "Everything about one run": "실행 하나의 모든 것",
  "A run's events from a position on": "어느 위치부터의 실행 이벤트",
  "The report of a run that has ended": "끝난 실행의 보고서",
  "Agree to what a run waits for": "실행이 기다리는 것을 승인합니다",
  "Refuse it: the phase is done again with the comment, or the run ends when it had not begun":
    "거절합니다. 의견을 붙여 단계를 다시 하거나, 시작 전이었으면 실행을 끝냅니다",
  "Go on with a run that was interrupted, failed or is parked; or do it again from a phase on":
    "중단되었거나 실패했거나 멈춰 있는 실행을 이어 가거나, 어느 단계부터 다시 합니다",
  "End a run; its branch and worktree stay": "실행을 끝냅니다. 브랜치와 작업 트리는 남습니다",
  "Remove what is kept of a run that has ended: worktree, recordings, report; its branch and events stay":
    "끝난 실행이 남긴 작업 트리, 녹화, 보고서를 지웁니다. 브랜치와 이벤트는 남습니다",
  "What a run has changed, as a unified diff": "실행이 바꾼 것(unified diff)",

  "Say something in a talk: the agent is told, and a turn begins":
    "대화에서 말합니다. 에이전트에게 전해지고 한 차례가 시작됩니다",
  "What was said in a turn of a talk, and answered as far as that is known":
    "대화 한 차례에 한 말과 지금까지 알려진 답",
  "Take back what the last turn has changed in the worktree": "마지막 차례에 작업 트리에서 바뀐 것을 되돌립니다",
  "Go on with another persona or another model; the worktree stays, the conversation begins anew":
    "다른 페르소나나 모델로 이어 갑니다. 작업 트리는 그대로 두고 대화를 새로 시작합니다",
  "End a talk: its record is kept, its agent ends, its branch and worktree stay":
    "대화를 끝냅니다. 기록은 보관되고 에이전트는 끝나며 브랜치와 작업 트리는 남습니다",

  "Sessions of active runs; of all recent runs with `all`": "진행 중인 실행의 세션. `all`이면 최근 모든 실행의 세션",
  "One session: its state, what that rests on, and its screen": "세션 하나의 상태와 그 근거, 화면",
  "Send a text to an agent, as a person would type it": "사람이 치듯이 에이전트에게 글을 보냅니다",
  "Stop the turn that an agent is in": "에이전트가 하고 있는 차례를 멈춥니다",
  "Hold a model agent before its next call of the model": "모델 에이전트를 다음 모델 호출 앞에서 멈춥니다",
  "Let an agent that was paused go on": "멈춘 에이전트를 다시 진행시킵니다",
  "End an agent and start it again": "에이전트를 끝내고 다시 시작합니다",
  "End an agent; its run decides what follows": "에이전트를 끝냅니다. 다음 일은 실행이 정합니다",
  "Where the recording of a session is": "세션 녹화가 있는 곳",

  "What a model costs, by the name that it is called by": "부르는 이름으로 찾은 모델의 가격",
  "The prices of the models that personas name or that were called before": "페르소나가 쓰거나 전에 부른 모델의 가격",
  "Every model that has a price; with `refresh` the catalogue is fetched first":
    "가격이 있는 모든 모델. `refresh`면 목록을 먼저 새로 받습니다",
  "What was spent, summed up": "쓴 돈의 합계",
  "What one run has cost": "실행 하나에 든 돈",
  "Tokens and money of the last minutes": "지난 몇 분 동안의 토큰과 돈",
  "Begin the count of `usage.window` anew; the books stay as they are":
    "`usage.window`를 처음부터 다시 셉니다. 장부는 그대로입니다",
  "What was spent and is reserved in each scope, against its limit": "범위마다 쓴 돈과 예약된 돈, 그리고 한도",
  "Limit what a run, each day, or each day of a persona may cost":
    "실행 하나, 하루, 또는 페르소나의 하루에 쓸 수 있는 돈을 제한합니다",

  "Escalations that wait for a person; of one run, the settled ones too":
    "사람을 기다리는 에스컬레이션. 실행 하나면 해결된 것까지",
  "One escalation": "에스컬레이션 하나",
  "Answer an escalation with one of its words": "정해진 낱말 가운데 하나로 에스컬레이션에 답합니다",

  "Follow events after a cursor: `events.event` notices come, none lost, none twice":
    "커서 다음의 이벤트를 따라갑니다. `events.event` 알림이 빠짐없이, 두 번 없이 옵니다",
  "Stop following": "그만 따라갑니다",
};
