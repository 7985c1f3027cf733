// Announces as fast as a tracker answers, from one core, with many requests under way: the load for bench/tracker.ts.
// usage: tracker-load udp|http|http-keep PORT SECONDS SWARMS PORTS fill|run
// `fill` announces every (swarm, port) once and ends; `run` announces random ones. Prints: answers seconds reply-bytes
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <string>
#include <vector>

static const int BATCH = 64;
static const int CONNECTIONS = 64;
static int swarms, ports, filling;
static unsigned long next_peer = 0;
static sockaddr_in server;

static double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static unsigned rnd() {
  static unsigned long state = 88172645463325252ul;
  state ^= state << 13; state ^= state >> 7; state ^= state << 17;
  return state >> 16;
}

// False when a fill has announced everybody.
static bool choose(int *swarm, int *port) {
  if (filling) {
    if (next_peer >= (unsigned long)swarms * ports) return false;
    *swarm = next_peer / ports; *port = 1024 + next_peer % ports; next_peer++;
    return true;
  }
  *swarm = rnd() % swarms; *port = 1024 + rnd() % ports;
  return true;
}

// The info-hash of a swarm: its number in the first four bytes, then 0xab.
static void put_hash(unsigned char *at, int swarm) {
  memset(at, 0xab, 20);
  at[0] = swarm >> 24; at[1] = swarm >> 16; at[2] = swarm >> 8; at[3] = swarm;
}

static void udp(double seconds) {
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  int size = 4 << 20;
  setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  connect(s, (sockaddr *)&server, sizeof server);
  unsigned char hello[16] = {0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80, 0, 0, 0, 0, 1, 2, 3, 4}, id[16];
  pollfd waiting = {s, POLLIN, 0};
  for (int tries = 0; ; tries++) {
    if (tries == 10) { fprintf(stderr, "no answer to connect\n"); exit(1); }
    send(s, hello, 16, 0);
    if (poll(&waiting, 1, 500) == 1 && recv(s, id, 16, 0) == 16) break;
  }
  static unsigned char out[BATCH][98], in[BATCH][2048];
  mmsghdr sending[BATCH], receiving[BATCH];
  iovec outs[BATCH], ins[BATCH];
  memset(sending, 0, sizeof sending);
  memset(receiving, 0, sizeof receiving);
  for (int i = 0; i < BATCH; i++) {
    memset(out[i], 0, 98);
    memcpy(out[i], id + 8, 8);
    out[i][11] = 1;
    memcpy(out[i] + 36, "-BN0001-abcdefghijkl", 20);
    out[i][71] = 1;  // left
    out[i][95] = 50; // numwant
    outs[i] = {out[i], 98};
    ins[i] = {in[i], 2048};
    sending[i].msg_hdr.msg_iov = &outs[i];
    sending[i].msg_hdr.msg_iovlen = 1;
    receiving[i].msg_hdr.msg_iov = &ins[i];
    receiving[i].msg_hdr.msg_iovlen = 1;
  }
  long answers = 0, bytes = 0, errors = 0;
  int window = 4 * BATCH, flying = 0;
  double start = now(), end = start + seconds;
  bool more = true;
  while (now() < end && (more || flying > 0)) {
    int count = 0;
    while (more && flying + count < window && count < BATCH) {
      int swarm, port;
      if (!(more = choose(&swarm, &port))) break;
      put_hash(out[count] + 16, swarm);
      out[count][96] = port >> 8; out[count][97] = port;
      count++;
    }
    if (count > 0) { int sent = sendmmsg(s, sending, count, 0); if (sent > 0) flying += sent; }
    // After a quiet while, what is under way is lost.
    if (poll(&waiting, 1, 200) == 0) { flying = 0; continue; }
    int got = recvmmsg(s, receiving, BATCH, MSG_DONTWAIT, 0);
    for (int i = 0; i < got; i++) {
      if (in[i][3] == 1) answers++, bytes += receiving[i].msg_len; else errors++;
      flying--;
    }
  }
  if (errors > 0) fprintf(stderr, "%ld errors, the last: %.40s\n", errors, in[0] + 8);
  printf("%ld %.3f %.1f\n", answers, now() - start, answers ? (double)bytes / answers : 0);
}

struct Connection { int fd; int got; int expected; char data[4096]; };

static void open_connection(int poller, Connection *c, int index) {
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  connect(c->fd, (sockaddr *)&server, sizeof server);
  epoll_event event = {EPOLLOUT, {.u32 = (unsigned)index}};
  epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
}

static bool request(Connection *c, bool keep) {
  int swarm, port;
  if (!choose(&swarm, &port)) return false;
  unsigned char hash[20];
  put_hash(hash, swarm);
  char text[400], *at = text;
  at += sprintf(at, "GET /announce?info_hash=");
  for (int i = 0; i < 20; i++) at += sprintf(at, "%%%02x", hash[i]);
  at += sprintf(at, "&peer_id=-BN0001-abcdefghijkl&port=%d&uploaded=0&downloaded=0&left=1&compact=1&numwant=50 HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n",
                port, keep ? "" : "Connection: close\r\n");
  c->got = 0; c->expected = -1;
  return send(c->fd, text, at - text, MSG_NOSIGNAL) == at - text;
}

static void http(double seconds, bool keep) {
  int poller = epoll_create1(0);
  std::vector<Connection> connections(CONNECTIONS);
  for (int i = 0; i < CONNECTIONS; i++) open_connection(poller, &connections[i], i);
  long answers = 0, bytes = 0;
  double start = now(), end = start + seconds;
  epoll_event events[CONNECTIONS];
  linger hard = {1, 0};
  while (now() < end) {
    int count = epoll_wait(poller, events, CONNECTIONS, 500);
    for (int e = 0; e < count; e++) {
      int index = events[e].data.u32;
      Connection *c = &connections[index];
      if (events[e].events & EPOLLOUT) {
        epoll_event event = {EPOLLIN, {.u32 = (unsigned)index}};
        epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
        request(c, keep);
        continue;
      }
      int got = recv(c->fd, c->data + c->got, sizeof c->data - 1 - c->got, 0);
      if (got > 0) c->got += got;
      c->data[c->got] = 0;
      if (c->expected < 0) {
        char *body = strstr(c->data, "\r\n\r\n"), *length = strcasestr(c->data, "content-length:");
        if (body && length) c->expected = body + 4 - c->data + atoi(length + 15);
      }
      bool done = c->expected > 0 && c->got >= c->expected;
      if (done) { answers++; bytes += c->got; }
      if (done && keep) { request(c, true); continue; }
      if (done || got <= 0) {
        // A reset leaves no TIME_WAIT behind, of which there would be more than ports.
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close(c->fd);
        open_connection(poller, c, index);
      }
    }
  }
  printf("%ld %.3f %.1f\n", answers, now() - start, answers ? (double)bytes / answers : 0);
}

int main(int count, char **words) {
  if (count < 7) { fprintf(stderr, "usage: tracker-load udp|http|http-keep PORT SECONDS SWARMS PORTS fill|run\n"); return 2; }
  server.sin_family = AF_INET;
  server.sin_port = htons(atoi(words[2]));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  swarms = atoi(words[4]); ports = atoi(words[5]); filling = !strcmp(words[6], "fill");
  if (!strcmp(words[1], "udp")) udp(atof(words[3]));
  else http(atof(words[3]), !strcmp(words[1], "http-keep"));
  return 0;
}
