// get_peers for random info-hashes as fast as a DHT node answers, from one core, with many under way: the load for bench/dht.ts.
// usage: dht-load PORT SECONDS. Prints: answers seconds reply-bytes
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const int UNDER_WAY = 64;

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

// A query of a read-only node (BEP 43), so that nobody pings it: the id is of no matter, the info-hash is random.
static const char HEAD[] = "d1:ad2:id20:dhtloaddhtloaddhtloa9:info_hash20:";
static const char TAIL[] = "e1:q9:get_peers2:roi1e1:t2:aa1:y1:qe";

static int query(char *into) {
  memcpy(into, HEAD, sizeof HEAD - 1);
  char *at = into + sizeof HEAD - 1;
  for (int i = 0; i < 20; i++) at[i] = rnd();
  memcpy(at + 20, TAIL, sizeof TAIL - 1);
  return sizeof HEAD - 1 + 20 + sizeof TAIL - 1;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  sockaddr_in server = {};
  server.sin_family = AF_INET;
  server.sin_port = htons(atoi(argv[1]));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int s = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
  setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (connect(s, (sockaddr *)&server, sizeof server) != 0) return 1;
  char out[256], in[2048];
  long answers = 0, bytes = 0;
  double start = now(), end = start + atof(argv[2]);
  int under_way = 0;
  while (now() < end) {
    for (; under_way < UNDER_WAY; under_way++) if (send(s, out, query(out), 0) < 0) break;
    pollfd waiting = {s, POLLIN, 0};
    // Nothing for 100 ms: what was under way is lost.
    if (poll(&waiting, 1, 100) == 0) { under_way = 0; continue; }
    for (;;) {
      long got = recv(s, in, sizeof in, MSG_DONTWAIT);
      if (got <= 0) break;
      if (under_way > 0) under_way--;
      if (got < 100) continue;
      answers++;
      bytes += got;
    }
  }
  printf("%ld %.6f %.1f\n", answers, now() - start, answers == 0 ? 0.0 : (double)bytes / answers);
}
