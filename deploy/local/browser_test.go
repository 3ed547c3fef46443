package main

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// newBrowser starts headless Chromium with no network but this machine. listener is told of what happens in the page.
func newBrowser(t *testing.T, listener func(event any)) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("Chromium is needed: run make tools, or install it with your package manager")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.WindowSize(1600, 1000),
		// Nothing but this machine can be reached, and the browser itself asks for nothing.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	browser, closeBrowser := chromedp.NewContext(allocator, chromedp.WithListener(listener))
	ctx, cancel := context.WithTimeout(browser, 2*time.Minute)
	t.Cleanup(func() { cancel(); closeBrowser(); stop() })
	return ctx
}

// pageProblems collects what the page complains about.
type pageProblems struct {
	mu    sync.Mutex
	texts []string
}

func (p *pageProblems) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.texts = append(p.texts, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		for _, argument := range e.Args {
			if e.Type == runtime.ConsoleAPICalledTypeError {
				p.texts = append(p.texts, string(argument.Value))
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			p.texts = append(p.texts, e.Entry.Text)
		}
	}
}

func (p *pageProblems) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.texts)
}

// TestPlayground logs in and runs the first example in a real browser, under the page's content security policy.
func TestPlayground(t *testing.T) {
	t.Parallel()
	s := startSystem(t, t.TempDir())
	var problems pageProblems
	ctx := newBrowser(t, problems.listen)
	truth := func(expression string) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := chromedp.Poll[bool](expression)(ctx, target)
			return err
		})
	}
	text := func(selector string) string {
		t.Helper()
		found, err := chromedp.Run(ctx, chromedp.Text(selector))
		if err != nil {
			t.Fatalf("%s: %v", selector, err)
		}
		return strings.ReplaceAll(found, "\u00a0", " ")
	}
	if err := chromedp.Do(ctx,
		chromedp.Navigate("http://"+s.router+"/"),
		chromedp.WaitVisible(`[data-testid="log-in"]`),
		// The editors are there when their text is.
		truth(`document.querySelectorAll(".graphiql-query-editor .view-line").length > 3`),
		chromedp.Click(`[data-testid="log-in"]`),
		chromedp.WaitVisible(`[data-testid="session"]`),
		truth(`document.querySelector(".graphiql-editor-tool").innerText.includes("Bearer")`),
		chromedp.Click(`.graphiql-execute-button`),
		truth(`document.querySelector(".result-window").innerText.includes("balance")`),
	); err != nil {
		t.Fatalf("%v\nthe page said: %s", err, strings.Join(problems.all(), "\n"))
	}
	if session := text(`[data-testid="session"]`); session != "ada@example.com" {
		t.Errorf("session of %q", session)
	}
	if answer := text(`.result-window`); !strings.Contains(answer, "Ada Lovelace") || strings.Contains(answer, `"errors"`) {
		t.Errorf("answer:\n%s", answer)
	}
	for _, problem := range problems.all() {
		if strings.Contains(problem, "Content Security Policy") || strings.Contains(problem, "Refused") {
			t.Errorf("the page's policy stopped something: %s", problem)
		}
	}
}
