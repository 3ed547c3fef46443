// Command bench measures the router against relays that only pass bytes, on one processor core each.
//
//	go run ./bench            # everything, about fifteen minutes
//	go run ./bench -quick     # the same with short rounds, about seven minutes
//
// One core runs the router (or a relay), another one the load and the subgraphs. The subgraphs are one process with one
// thread that remembers the answer to every body it has seen, so that they cost next to nothing. A round counts only if the
// first core was busy throughout and the second one had time to spare: else it measured something else, and is printed
// as void. Every answer is compared with the expected JSON before anything is measured.
//
// The figure to trust is the processor time per request, which the kernel accounts to the process; requests per second
// follow from it. Ratios are to a relay measured in the same run: it makes the same calls with the same bodies, reads the
// same answers and writes a response of the same bytes, but looks at none of them.
//
// The load is wrk. Where wrk leaves its core too little time, all targets of that workload are loaded by the subgraphs' thread
// itself, which needs a third of the system calls. The table says which it was.
//
// Latencies are measured apart from that, on the own data alone, at 60% of each target's own maximum: the subgraphs' thread
// then sends requests at a fixed rate as well, and everything has real-time scheduling where the machine allows it. Two
// further parts tell what each feature costs a request, and what safety costs: how long refusals take, and what requests
// wait for while Redis is down.
//
// The data in data/ is made by dataset_test.go (-update) and has the shape and size of the public federation benchmark's;
// that one's own data is measured too where the folder that -shared names is there. The program needs Linux, wrk, taskset and
// chrt, and for limits that routers share a redis-server.
package main
