/*
 * RTP load for the benchmarks: what a plain C program can send and receive on this machine.
 *
 *   load send GROUP PORT STREAMS SIZE PPS SECONDS PT STEP   paced (PPS per stream, 1 ms ticks) or, with PPS 0, flat out
 *   load talk …                                             as send, but all streams to GROUP itself
 *   load flood GROUP PORT SIZE PPS SECONDS                  one stream, 64 packets to a system call (UDP_SEGMENT)
 *   load recv GROUP PORT STREAMS SECONDS                    one socket for all groups, recvmmsg, until SECONDS or silence
 *   load stamp GROUP PORT COUNT                             kernel arrival time of each packet, in ns, one on a line
 *
 * Stream i goes to GROUP + i. Prints one JSON object. Loopback only. Build: cc -O2 -o load load.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { BATCH = 64, MAX_SIZE = 2048 };

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_result(uint64_t packets, uint64_t lost, double elapsed) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("{\"packets\":%llu,\"lost\":%llu,\"seconds\":%.4f,\"cpuSeconds\":%.4f}\n", (unsigned long long)packets,
         (unsigned long long)lost, elapsed, cpu);
}

static void put16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

static int multicast_sender(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) fail("socket");
  struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
  if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback)) fail("IP_MULTICAST_IF");
  unsigned char ttl = 1;
  setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, 1);
  int buffer = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  return fd;
}

static int send_load(char **arg, int one_group) {
  uint32_t group = ntohl(inet_addr(arg[0]));
  int port = atoi(arg[1]), streams = atoi(arg[2]), size = atoi(arg[3]), type = atoi(arg[6]), step = atoi(arg[7]);
  double pps = atof(arg[4]), duration = atof(arg[5]);
  if (size < 12 || size > MAX_SIZE || streams < 1) fail("arguments");
  int fd = multicast_sender();
  uint8_t packet[MAX_SIZE];
  memset(packet, 0xd5, sizeof packet);
  for (int i = 12; i < size; i++) packet[i] = (uint8_t)(0x80 | ((i * 37) & 0x7f)); /* something to decode */
  uint16_t *sequence = calloc((size_t)streams, sizeof *sequence);
  uint32_t *timestamp = calloc((size_t)streams, sizeof *timestamp);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  double start = seconds_now(), next = start, owed = 0;
  uint64_t sent = 0;
  int current = 0;
  for (;;) {
    int burst = BATCH;
    if (pps > 0) {
      struct timespec at = {(time_t)next, (long)((next - (double)(time_t)next) * 1e9)};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
      next += 0.001;
      owed += pps * streams * 0.001;
      burst = (int)owed;
      owed -= burst;
    }
    if (seconds_now() - start >= duration) break;
    for (int i = 0; i < burst; i++) {
      packet[0] = 0x80;
      packet[1] = (uint8_t)type;
      put16(packet + 2, sequence[current]++);
      put32(packet + 4, timestamp[current]);
      put32(packet + 8, 0x52000000u + (uint32_t)current);
      timestamp[current] += (uint32_t)step;
      to.sin_addr.s_addr = htonl(one_group ? group : group + (uint32_t)current);
      if (sendto(fd, packet, (size_t)size, 0, (struct sockaddr *)&to, sizeof to) < 0 && errno != EAGAIN) fail("sendto");
      sent++;
      if (++current == streams) current = 0;
    }
  }
  print_result(sent, 0, seconds_now() - start);
  return 0;
}

static int flood(char **arg) {
  int port = atoi(arg[1]), size = atoi(arg[2]), segment = size;
  double pps = atof(arg[3]), duration = atof(arg[4]);
  if (size < 12 || size * BATCH > 65507) fail("arguments");
  int fd = multicast_sender();
  if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment)) fail("UDP_SEGMENT");
  static uint8_t packets[65536];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {inet_addr(arg[0])}};
  double start = seconds_now();
  uint64_t sent = 0;
  for (double now = start; now - start < duration; now = seconds_now()) {
    uint64_t due = pps > 0 ? (uint64_t)((now - start) * pps) : sent + BATCH;
    while (sent + BATCH <= due) {
      for (int i = 0; i < BATCH; i++) {
        uint8_t *p = packets + (size_t)i * (size_t)size;
        p[0] = 0x80;
        put16(p + 2, (unsigned)(sent + (uint64_t)i) & 0xffff);
        put32(p + 4, (uint32_t)(sent + (uint64_t)i) * 160);
        put32(p + 8, 0x52000000u);
      }
      if (sendto(fd, packets, (size_t)size * BATCH, 0, (struct sockaddr *)&to, sizeof to) < 0 && errno != EAGAIN)
        fail("sendto");
      sent += BATCH;
    }
    struct timespec nap = {0, 500000};
    if (pps > 0) clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
  }
  print_result(sent, 0, seconds_now() - start);
  return 0;
}

static int receiver(uint32_t group, int port, int streams) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), yes = 1, buffer = 4 << 20;
  if (fd < 0) fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (streams == 1) here.sin_addr.s_addr = htonl(group);
  if (bind(fd, (struct sockaddr *)&here, sizeof here)) fail("bind");
  for (int i = 0; i < streams; i++) {
    struct ip_mreqn join = {{htonl(group + (uint32_t)i)}, {htonl(INADDR_LOOPBACK)}, 0};
    if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join)) fail("join");
  }
  return fd;
}

static int receive_load(char **arg) {
  int fd = receiver(ntohl(inet_addr(arg[0])), atoi(arg[1]), atoi(arg[2]));
  double duration = atof(arg[3]), start = 0, last = 0, patience = seconds_now() + 10;
  static uint8_t buffer[BATCH][MAX_SIZE];
  struct iovec parts[BATCH];
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){buffer[i], MAX_SIZE};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  static int32_t expected[65536];
  memset(expected, -1, sizeof expected);
  uint64_t packets = 0, lost = 0;
  for (;;) {
    struct pollfd wait = {fd, POLLIN, 0};
    int ready = poll(&wait, 1, 500);
    double now = seconds_now();
    if (start == 0 ? now > patience : now - start >= duration || now - last > 1) break;
    if (ready <= 0) continue;
    if (start == 0) start = now;
    last = now;
    int got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++) {
      uint8_t *p = buffer[i];
      int source = (p[10] << 8) | p[11], sequence = (p[2] << 8) | p[3];
      if (expected[source] >= 0) lost += (uint16_t)(sequence - expected[source]);
      expected[source] = (sequence + 1) & 0xffff;
      packets++;
    }
  }
  print_result(packets, lost, last - start);
  return 0;
}

static int print_arrivals(char **arg) {
  int fd = receiver(ntohl(inet_addr(arg[0])), atoi(arg[1]), 1), yes = 1;
  long wanted = atol(arg[2]);
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
  struct pollfd wait = {fd, POLLIN, 0};
  while (wanted-- > 0 && poll(&wait, 1, 5000) > 0) {
    uint8_t bytes[MAX_SIZE];
    char control[128];
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(fd, &message, 0) < 4) continue;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
        struct timespec at;
        memcpy(&at, CMSG_DATA(c), sizeof at);
        printf("%lld\n", (long long)at.tv_sec * 1000000000LL + at.tv_nsec);
      }
  }
  return 0;
}

int main(int count, char **arg) {
  if (count == 10 && !strcmp(arg[1], "send")) return send_load(arg + 2, 0);
  if (count == 10 && !strcmp(arg[1], "talk")) return send_load(arg + 2, 1);
  if (count == 7 && !strcmp(arg[1], "flood")) return flood(arg + 2);
  if (count == 6 && !strcmp(arg[1], "recv")) return receive_load(arg + 2);
  if (count == 5 && !strcmp(arg[1], "stamp")) return print_arrivals(arg + 2);
  fputs("usage: see the head of load.c\n", stderr);
  return 2;
}
