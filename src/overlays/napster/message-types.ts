/** The types of Napster's messages that kith knows (napster.txt by drscholl, 2001; OpenNap). C: the client says it, S: the server. */

export const Type = {
  /** S: text; the connection ends. */
  error: 0,
  /** C: nick pass port "client" link [build]. */
  login: 2,
  /** S: e-mail. */
  loggedIn: 3,
  /** C: nick pass port "client" link e-mail. */
  register: 6,
  /** C: nick; S: free, taken, no nick. */
  checkNick: 7,
  nickFree: 8,
  nickTaken: 9,
  nickInvalid: 10,
  /** C: "file" md5 bytes kbps Hz seconds. */
  share: 100,
  unshare: 102,
  unshareAll: 110,
  search: 200,
  result: 201,
  resultsEnd: 202,
  /** C: nick "file". */
  download: 203,
  /** S: nick ip port "file" md5 link. */
  downloadReady: 204,
  privateMessage: 205,
  /** S: nick "file". */
  downloadFailed: 206,
  hotAdd: 207,
  hotList: 208,
  /** S: nick link. */
  hotOn: 209,
  hotOff: 210,
  browse: 211,
  browsed: 212,
  browseEnd: 213,
  /** S: users files gigabytes. */
  stats: 214,
  /** C: md5 bytes. */
  resume: 215,
  resumeResult: 216,
  resumeEnd: 217,
  downloading: 218,
  downloaded: 219,
  uploading: 220,
  uploaded: 221,
  dataPort: 300,
  hotAdded: 301,
  hotError: 302,
  hotRemove: 303,
  joinChannel: 400,
  partChannel: 401,
  say: 402,
  said: 403,
  notice: 404,
  channelJoined: 405,
  userJoined: 406,
  userParted: 407,
  channelUser: 408,
  channelUsersEnd: 409,
  topic: 410,
  /** C: nick "file": the one who has it cannot be reached and shall come to us. */
  push: 500,
  /** S: nick ip port "file" md5 link. */
  pushReady: 501,
  linkSpeed: 600,
  linkSpeedIs: 601,
  whois: 603,
  whoisIs: 604,
  whowas: 605,
  /** S: nick "file": somebody wants it. */
  uploadRequest: 607,
  uploadAccept: 608,
  uploadFailed: 609,
  channels: 617,
  channel: 618,
  /** C: nick "file" n: so many are ahead of you. */
  queueLimit: 619,
  queueLimitIs: 620,
  motd: 621,
  portError: 626,
  directBrowse: 640,
  directBrowseAccept: 641,
  directBrowseError: 642,
  changeSpeed: 700,
  changePassword: 701,
  changeEmail: 702,
  changePort: 703,
  otherLogin: 748,
  pingServer: 750,
  ping: 751,
  pong: 752,
  /** C: "dir" then for each file "file" md5 bytes kbps Hz seconds. */
  shareFolder: 870,
} as const;

/** How fast a user says that he is, by number. */
export const LINK_NAMES = ['unknown', '14.4', '28.8', '33.6', '56.7', '64K ISDN', '128K ISDN', 'cable', 'DSL', 'T1', 'T3'] as const;
