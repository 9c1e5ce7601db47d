/** Korean: what devflow's own personas, templates, schemas and settings are for, by their English words. `{name}` stands for anything. */
export const shipped: Readonly<Record<string, string>> = {
  "Changes code; {problem}": "코드를 바꿉니다. {problem}",
  "Does any role, slowly and for nothing; {problem}": "어떤 역할이든 느리지만 무료로 맡습니다. {problem}",
  "Reviews specifications and changes; {problem}": "명세와 변경 사항을 검토합니다. {problem}",
  "Runs tests and tries what they leave out; {problem}": "테스트를 돌리고 빠진 것을 시험합니다. {problem}",
  "Verifies results by trying them; {problem}": "결과를 직접 시험해 검증합니다. {problem}",
  "Writes specifications and plans; {problem}": "명세와 계획을 씁니다. {problem}",
  "the paper agent, which plays a scenario instead of thinking, in a terminal":
    "생각하는 대신 시나리오를 재생하는 paper 에이전트(터미널)",
  "{agent} over ACP, without a terminal": "{agent}(ACP, 터미널 없이)",
  "{agent}, in a terminal": "{agent}(터미널)",
  "{agent}, without a terminal": "{agent}(터미널 없이)",
  "{model} through OpenRouter, with devflow's own tools": "OpenRouter의 {model}(devflow의 도구 사용)",
  "{model} in a local Ollama, with devflow's own tools": "이 컴퓨터의 Ollama에 있는 {model}(devflow의 도구 사용)",

  "Talk with a persona in a worktree of its own, turn by turn": "따로 만든 작업 트리에서 페르소나와 차례로 대화합니다",
  "Plan a change, implement it, run the tests, review it until it is approved, and verify the result":
    "변경을 계획하고 구현하고 테스트를 돌린 뒤, 승인될 때까지 검토하고 결과를 검증합니다",
  "Review what the goal names, and change nothing": "목표에 적힌 것을 검토하고 아무것도 바꾸지 않습니다",
  "Write a specification for the goal, have it reviewed, and verify it against the repository":
    "목표의 명세를 쓰고 검토받은 뒤 저장소와 맞는지 검증합니다",

  "What was changed in the worktree, for whoever reviews it. It lists what was done, not what was meant to be done.":
    "작업 트리에서 바뀐 것. 검토하는 사람을 위한 것으로, 하려던 일이 아니라 한 일을 적습니다.",
  "The result of a command that succeeded. Used to end a loop; the rest of the document is judged by command-result@1.":
    "성공한 명령의 결과. 반복을 끝내는 데 쓰며, 문서의 나머지는 command-result@1로 판정합니다.",
  "What a command phase ran and how it ended. Written by devflow itself.":
    "명령 단계가 실행한 것과 그 끝. devflow가 직접 씁니다.",
  "What was said in a talk, turn by turn. Devflow makes it when a person ends the talk; no agent writes it.":
    "대화에서 차례로 오간 말. 사람이 대화를 끝내면 devflow가 만들며, 에이전트는 쓰지 않습니다.",
  "How a change will be made: steps in order, each small enough to be checked by itself. Based on the code as it is, not on guesses about it.":
    "변경하는 방법. 하나씩 확인할 수 있을 만큼 작은 단계를 순서대로 적으며, 짐작이 아니라 지금 있는 코드를 바탕으로 합니다.",
  "The verdict of a review that lets the work pass. Used to end a loop; the rest of the document is judged by review@1.":
    "작업을 통과시키는 검토의 판정. 반복을 끝내는 데 쓰며, 문서의 나머지는 review@1로 판정합니다.",
  "One batch of findings and a verdict. Every finding can be checked by its reader; nothing is reported that was not looked at.":
    "지적 사항 한 묶음과 판정. 모든 지적은 읽는 사람이 확인할 수 있으며, 살펴보지 않은 것은 적지 않습니다.",
  "What is to be built and how everybody will know that it is done. Exact enough that somebody who has not spoken to the author can implement and test it.":
    "무엇을 만들며 다 되었음을 어떻게 아는가. 글쓴이와 이야기하지 않은 사람도 구현하고 시험할 수 있을 만큼 정확해야 합니다.",
  "The verdict of a verification that succeeded. Used to end a loop; the rest of the document is judged by verification@1.":
    "성공한 검증의 판정. 반복을 끝내는 데 쓰며, 문서의 나머지는 verification@1로 판정합니다.",
  "Whether the result does what was asked, shown by checks that were really carried out.":
    "결과가 요청한 일을 하는지를, 실제로 한 확인으로 보입니다.",

  "Settings of devflow. Take away the “# ” before a setting, and before the line that it stands under, to change it.":
    "devflow의 설정. 바꾸려면 설정 앞의 “# ”와, 그 설정이 속한 줄 앞의 “# ”를 지우십시오.",
  "What devflow speaks to people; auto takes the locale, and DEVFLOW_LANG goes before both":
    "devflow가 사람에게 쓰는 언어. auto는 로캘을 따르며, DEVFLOW_LANG이 둘보다 앞섭니다",
  "Where terminals live; auto takes tmux when it is there": "터미널이 있는 곳. auto는 tmux가 있으면 tmux를 씁니다",
  "Whether runs that a stopped daemon left go on by themselves": "멈춘 데몬이 남긴 실행을 저절로 이어 갈지",
  "Columns of each agent's terminal": "각 에이전트 터미널의 열 수",
  "Rows of each agent's terminal": "각 에이전트 터미널의 행 수",
  "Whether each terminal is recorded as an asciicast": "각 터미널을 asciicast로 녹화할지",
  "A recording ends with a note when it reaches this size": "녹화가 이 크기(MB)에 이르면 그렇다고 적고 끝냅니다",
  "What happens where an agent's version is none that its profile is made for: said, or not started":
    "에이전트의 버전이 프로필에 맞지 않을 때: 알리거나(warn) 시작하지 않습니다",
  "Where models are served, by the name that personas give: openrouter and ollama are known":
    "모델을 제공하는 곳. 페르소나에 적는 이름별로 정합니다(openrouter와 ollama는 이미 있습니다)",
  "Without a terminal, whether a run that nobody has agreed to is started with a note, or refused":
    "터미널이 없을 때 아무도 동의하지 않은 실행을 알림과 함께 시작할지, 거절할지",
  "Look for keys in this system's keyring, and keep them there": "시스템 키링에서 키를 찾고 거기에 보관합니다",
  "Keep keys in a file (secrets.json, mode 0600) where there is no keyring; it is read after it":
    "키링이 없으면 키를 파일(secrets.json, 모드 0600)에 보관합니다. 키링 다음에 읽습니다",
  "How often the catalogue of prices is fetched, once a model behind an API is in use":
    "API 모델을 쓰기 시작한 뒤 가격 목록을 얼마나 자주 받아 올지",
  "Never fetch it: the shipped prices and your own are all there are":
    "가격 목록을 받아 오지 않습니다: 함께 배포된 가격과 직접 적은 가격만 씁니다",
  "Model → what it costs you, in US dollars for a million tokens; wins over every other price":
    "모델 → 토큰 백만 개의 가격(미국 달러). 다른 모든 가격보다 앞섭니다",
  "block: the phase fails; warn_continue: it is said, once; prompt: the run waits until a person answers":
    "block: 단계가 실패합니다. warn_continue: 한 번 알립니다. prompt: 사람이 답할 때까지 실행이 기다립니다",
  "The most that a run may cost, when nothing else is said at its start":
    "시작할 때 따로 정하지 않은 실행이 쓸 수 있는 최대 금액",
  "The most that all runs together may cost in a day": "모든 실행이 하루에 함께 쓸 수 있는 최대 금액",
  "The most that each persona may cost in a day": "각 페르소나가 하루에 쓸 수 있는 최대 금액",
  "Calls of models whose price nobody knows; left out: refused where a limit applies, allowed elsewhere":
    "가격을 모르는 모델의 호출. 정하지 않으면 한도가 있는 곳에서는 거절하고 나머지에서는 허용합니다",
  "What people are told of: a run waits for somebody, or has ended":
    "사람에게 알릴 것: 실행이 누군가를 기다리거나 끝났을 때",
  "devflow run and devflow watch ring the terminal's bell": "devflow run과 devflow watch가 터미널 벨을 울립니다",
  "By notify-send, or on macOS by osascript, where it is there":
    "notify-send로, macOS에서는 osascript로 알립니다(있을 때)",
  "A program and its arguments, started without a shell; what it is about is in DEVFLOW_NOTIFY_…":
    "셸 없이 시작할 프로그램과 인자. 알림의 내용은 DEVFLOW_NOTIFY_…에 있습니다",
  "A signed request to an address": "주소로 보내는 서명된 요청",
  "After how long, as 90d, a run that has ended is deleted; never: not at all. It is done as by devflow runs delete":
    "끝난 실행을 언제(예: 90d) 지울지. never는 지우지 않습니다. devflow runs delete와 같은 방식으로 지웁니다",
  "Let roles be given to the paper agent by themselves: for demos and tests":
    "역할을 paper 에이전트에 저절로 맡길 수 있게 합니다(시연과 테스트용)",
};
